// A plugin in TypeScript with every part that the contract knows: greetings are tidied on their way in, judged, told of, counted.

import tree from "tega:plugin/tree@0.1.0";
import log from "tega:plugin/log@0.1.0";
import settings from "tega:plugin/settings@0.1.0";
import type { Author, Change, Commit, Description, Edit, Err, Message, Rejection, StartReason } from "./tega-plugin";

const NAME = "ts-hello";

// QuickJS has no console; what is thrown as this is the error case of the contract's results.
const console = {
  log: (text: string) => log.write("info", text),
  error: (text: string) => log.write("error", text),
};
const failure = (code: Err["code"], message: string): Err => ({ code, message });

const own = (...names: string[]) => ["plugin", NAME, ...names];

const hook = { pattern: "greetings", order: 100 };

export const lifecycle = {
  describe(): Description {
    const method = (name: string, summary: string) => ({
      path: [NAME, name], summary, parameters: null, returns: null,
    });
    return {
      name: NAME,
      version: "0.1.0",
      summary: "Greets, and minds how others do.",
      methods: [
        method("echo", "Answers its arguments and who calls."),
        method("greet", "Puts a greeting for `name`."),
        method("throw", "Throws what is no error of the contract."),
        method("spin", "Never returns."),
      ],
      subscriptions: [
        { tag: "commits", val: "greetings" },
        { tag: "channel", val: "greetings" },
      ],
      transforms: [hook],
      guards: [hook],
      views: [{ path: ["greeting-count"], summary: "How many greetings there are." }],
      timers: [{ name: "second", intervalMs: 1000 }],
      grants: {
        read: ["greetings"], write: ["greetings"], methods: [], channels: [], hosts: [], environment: [], folders: [],
      },
      extra: [],
    };
  },

  start(reason: StartReason) {
    console.log(`started (${reason}) with the settings ${settings.get()}`);
  },

  stop() {},
};

export const methods = {
  call(path: string[], positional: string, named: string, caller: Author): string {
    switch (path[1]) {
      case "echo":
        return JSON.stringify({ positional: JSON.parse(positional), named: JSON.parse(named), caller });
      case "greet":
        return greet(JSON.parse(named).name);
      case "throw":
        throw new TypeError("this greeting is of no known type");
      case "spin":
        for (;;) {}
      default:
        throw failure("not-found", `there is no method ${path.join(".")}`);
    }
  },
};

function greet(name: unknown): string {
  if (typeof name !== "string") {
    throw failure("invalid", "`name` has to be a string");
  }
  tree.put(["greetings", name], JSON.stringify(`hello ${name}`));
  return JSON.stringify(tree.names(["greetings"], null, 1000).names);
}

export const subscriber = {
  onCommit(commit: Commit) {
    const paths = commit.changes.map((change) => change.val.path.join("."));
    const told = { paths, author: commit.author.name, message: commit.message };
    tree.put(own("seen", `r${commit.revision}`), JSON.stringify(told));
    console.error(`saw ${paths.length} changes`);
  },

  onMessage(message: Message) {
    tree.put(own("heard"), message.body);
  },

  onGap(first: number, last: number) {
    tree.put(own("gap"), JSON.stringify([first, last]));
  },
};

export const transform = {
  // A greeting loses the blanks around it.
  transform(changes: Change[], _author: Author): Edit[] {
    return changes.flatMap((change, index) => {
      const value = change.tag === "put" ? JSON.parse(change.val.value) : null;
      const tidy = typeof value === "string" ? value.trim() : value;
      return tidy === value ? [] : [{ index, value: JSON.stringify(tidy) }];
    });
  },
};

export const guard = {
  check(changes: Change[], _author: Author) {
    for (const change of changes) {
      if (change.tag === "put" && change.val.value === '""') {
        const rejection: Rejection = { reason: "a greeting says something", place: change.val.path };
        throw rejection;
      }
    }
  },
};

export const view = {
  value(_path: string[], _reader: Author): string | null {
    const greetings = tree.get(["greetings"]);
    return greetings === null ? null : String(Object.keys(JSON.parse(greetings)).length);
  },
};

export const timer = {
  tick(name: string, timeUs: number) {
    tree.put(own("ticks", name), JSON.stringify(timeUs));
  },
};
