import { connect } from "node:net";
import { createInterface } from "node:readline";

/** Tells qemu to do things, in the order given, over its control socket. @throws {Error} with what it objects to. */
export async function tellQemu(socketPath: string, ...commands: readonly ("stop" | "cont")[]): Promise<void> {
  const socket = connect(socketPath);
  try {
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    const answer = async (): Promise<void> => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error("qemu hung up");
        const said = JSON.parse(value) as { return?: unknown; error?: { desc: string }; QMP?: unknown };
        if (said.error) throw new Error(said.error.desc);
        if (said.return !== undefined || said.QMP !== undefined) return;
      }
    };
    await answer();
    for (const execute of ["qmp_capabilities", ...commands]) {
      socket.write(`${JSON.stringify({ execute })}\n`);
      await answer();
    }
  } finally {
    socket.destroy();
  }
}
