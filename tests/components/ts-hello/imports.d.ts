// What a plugin may import of tega:plugin@0.1.0. Each function throws an `Err`.

declare module "tega:plugin/tree@0.1.0" {
  type Path = import("./tega-plugin").Path;
  type Json = import("./tega-plugin").Json;
  const tree: {
    get(path: Path): Json | null;
    getAt(path: Path, version: number): Json | null;
    names(path: Path, after: string | null, limit: number): { names: string[]; more: boolean };
    find(pattern: string, after: Path | null, limit: number): { nodes: { path: Path; value: Json }[]; more: boolean };
    put(path: Path, value: Json): void;
    putEphemeral(path: Path, value: Json): void;
    merge(path: Path, patch: Json): void;
    delete(path: Path): void;
  };
  export default tree;
}

declare module "tega:plugin/channels@0.1.0" {
  const channels: { publish(channel: string, body: string): void };
  export default channels;
}

declare module "tega:plugin/directory@0.1.0" {
  const directory: { call(path: string[], positional: string, named: string): string };
  export default directory;
}

declare module "tega:plugin/log@0.1.0" {
  const log: { write(level: "debug" | "info" | "warn" | "error", message: string): void };
  export default log;
}

declare module "tega:plugin/settings@0.1.0" {
  const settings: { get(): string };
  export default settings;
}
