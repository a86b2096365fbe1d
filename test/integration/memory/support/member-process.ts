import { fileURLToPath } from "node:url";
import type { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import { Child } from "../../http/support/children.ts";
import type { Look, Order } from "./member.ts";

const MEMBER = fileURLToPath(new URL("member.ts", import.meta.url));

/** A process in a cgroup that does as it is told and says what it sees. Ends with the test. */
export class MemberProcess {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** @param through a command that runs what follows it. */
  static async start(cgroup: MemoryCgroup, through: readonly string[] = []): Promise<MemberProcess> {
    const [shell = "sh", ...args] = cgroup.wrapper;
    const child = new Child(shell, [...args, ...through, process.execPath, MEMBER]);
    await child.says();
    return new MemberProcess(child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  after(order: Order): Promise<Look> {
    this.#child.tell(JSON.stringify(order));
    return this.#child.says();
  }

  look(): Promise<Look> {
    return this.after({ do: "look" });
  }
}
