import { expect, test } from "vitest";
import { renderFailure } from "../../../src/lib/render/failure.ts";

test("a failure is what and why on one line, and what to do on the next", () => {
  const text = renderFailure({
    code: "DAEMON_UNREACHABLE",
    title: "The daemon can't be reached",
    detail: "Nobody listens on /run/combot/combot.sock.",
    help: "Start it: systemctl start combot-enhanced, or combot daemon.",
  });
  expect(text).toMatchInlineSnapshot(`
    "Error: The daemon can't be reached: Nobody listens on /run/combot/combot.sock. [DAEMON_UNREACHABLE]
    Start it: systemctl start combot-enhanced, or combot daemon."
  `);
});

test("faults have a line each", () => {
  const faults = ["WORKERS=none: must be a whole number", "LOG_LEVEL=loud: must be one of fatal, error"];
  const text = renderFailure({
    code: "CONFIG_INVALID",
    title: "Bad configuration",
    detail: "2 faults.",
    help: "Help.",
    faults,
  });
  expect(text).toMatchInlineSnapshot(`
    "Error: Bad configuration: 2 faults. [CONFIG_INVALID]
      WORKERS=none: must be a whole number
      LOG_LEVEL=loud: must be one of fatal, error
    Help."
  `);
});

test("a name with a line break makes no line of its own", () => {
  const names = { detail: "/models/a\nDone.: it is missing", faults: ["/b\r\n  c\u001B[2J: so"] };
  const text = renderFailure({ code: "MODEL_INVALID", title: "No", help: "Help.", ...names });
  expect(text).toBe("Error: No: /models/a Done.: it is missing [MODEL_INVALID]\n  /b c?[2J: so\nHelp.");
});
