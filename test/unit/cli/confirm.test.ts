import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { confirm } from "../../../src/lib/cli/confirm.ts";

function terminal(answer: string, isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  input.end(answer);
  return { input, output, told: () => String(output.read()) };
}

describe("a question", () => {
  test.each(["y\n", "Y\n", " yes \n", "yes"])("is answered with yes by %j", async (answer) => {
    const { told, ...asked } = terminal(answer);
    expect(await confirm("Do it?", asked)).toBe(true);
    expect(told()).toBe("Do it? [y/N] ");
  });

  test.each(["n\n", "\n", "", "yesterday\n", "n\ny\n"])("is answered with no by %j", async (answer) => {
    expect(await confirm("Do it?", terminal(answer))).toBe(false);
  });

  test("that no terminal can answer names --yes", async () => {
    const { told, ...asked } = terminal("y\n", false);
    await expect(confirm("Do it?", asked)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("--yes") as string,
    });
    expect(told()).toBe("null");
  });
});
