import { PLAIN, type Paint } from "../render/paint.ts";
import { signed } from "../terminal-text.ts";

/** Colours where `stream` is a terminal that shows them and NO_COLOR is not set; chalk is not loaded otherwise. */
export async function terminalPaint(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Promise<Paint> {
  const isForced = (env["FORCE_COLOR"] ?? "") !== "" && env["FORCE_COLOR"] !== "0";
  if (env["NO_COLOR"] || !(stream.isTTY || isForced)) return PLAIN;
  const { default: chalk } = await import("chalk");
  return {
    good: colouring(chalk.green),
    careful: colouring(chalk.yellow),
    bad: colouring(chalk.red),
    faint: colouring(chalk.dim),
    strong: colouring(chalk.bold),
  };
}

/** What is around the text is ours, and nothing in it. */
function colouring(style: (text: string) => string): (text: string) => string {
  const [on = "", off = ""] = style(" ").split(" ").map(signed);
  return (text) => (text === "" ? "" : `${on}${text}${off}`);
}
