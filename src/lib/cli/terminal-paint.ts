import { PLAIN, type Paint } from "../render/paint.ts";

/** Colours where `stream` is a terminal that shows them and NO_COLOR is not set; chalk is not loaded otherwise. */
export async function terminalPaint(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Promise<Paint> {
  const isForced = (env["FORCE_COLOR"] ?? "") !== "" && env["FORCE_COLOR"] !== "0";
  if (env["NO_COLOR"] || !(stream.isTTY || isForced)) return PLAIN;
  const { default: chalk } = await import("chalk");
  return { good: chalk.green, careful: chalk.yellow, bad: chalk.red, faint: chalk.dim, strong: chalk.bold };
}
