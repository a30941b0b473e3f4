// The words of tega:plugin@0.1.0 as componentize-qjs hands them over: an option is null or the value, a result is returned or
// thrown, a variant is { tag, val }, a u64 is a number.

export type Path = string[];
export type Json = string;

export interface Err {
  code:
    | "denied" | "invalid" | "not-found" | "conflict" | "rejected"
    | "limit" | "busy" | "deadline" | "unavailable" | "failed";
  message: string;
}
export interface Author { kind: "client" | "plugin" | "node" | "daemon"; name: string | null; proven: boolean }
export type Change =
  | { tag: "put"; val: { path: Path; value: Json } }
  | { tag: "delete"; val: { path: Path; removed: Json | null } };
export interface Rejection { reason: string; place: Path | null }
export interface Edit { index: number; value: Json }

export type StartReason = "loaded" | "replaced" | "restarted" | "reset";
export interface Hook { pattern: string; order: number }
export interface Description {
  name: string;
  version: string;
  summary: string;
  methods: { path: Path; summary: string; parameters: Json | null; returns: Json | null }[];
  subscriptions: { tag: "commits" | "channel"; val: string }[];
  transforms: Hook[];
  guards: Hook[];
  views: { path: Path; summary: string }[];
  timers: { name: string; intervalMs: number }[];
  grants: {
    read: string[]; write: string[]; methods: string[]; channels: string[];
    hosts: string[]; environment: string[]; folders: string[];
  };
  extra: [string, string][];
}

export interface Commit {
  revision: number;
  timeUs: number;
  author: Author;
  message: string | null;
  changes: Change[];
}
export interface Message { channel: string; author: Author; body: Json }
