import { expect, onTestFinished, test } from "vitest";
import { Webhook } from "../../../src/daemon/alerts/webhook.ts";
import type { WebhookFormat, WebhookOptions } from "../../../src/daemon/alerts/webhook.ts";
import type { Alert } from "../../../src/lib/protocol/alerts.ts";
import { ALERTS_REPLY } from "../../support/sample-replies.ts";
import { accept, startReceiver } from "../../support/alerts/receiver.ts";

const ALERT = ALERTS_REPLY.firing[0] as Alert;
const PATIENCE = { timeout: 20_000, interval: 20 };

function webhookTo(
  url: string,
  options: Partial<WebhookOptions> = {},
  format: WebhookFormat = "json",
): { webhook: Webhook; failures: string[] } {
  const failures: string[] = [];
  const onFailure = (reason: string): void => void failures.push(reason);
  const webhook = new Webhook({
    target: () => ({ url, format }),
    pausesMs: [10, 20],
    roundMs: 50,
    onFailure,
    ...options,
  });
  onTestFinished(() => webhook.close());
  return { webhook, failures };
}

test("an alert is posted once, as it is", async () => {
  const { url, bodies, close } = await startReceiver(accept);
  onTestFinished(close);
  const { webhook } = webhookTo(url);
  webhook.push(ALERT);
  await expect.poll(() => bodies, PATIENCE).toEqual([ALERT]);
  expect(webhook.state).toEqual({ waiting: 0, dropped: 0, lastError: null });
});

test("those that fire together are one post, the gravest first", async () => {
  const { url, bodies, close } = await startReceiver(accept);
  onTestFinished(close);
  const { webhook } = webhookTo(url);
  const grave = { ...ALERT, alert: "memory-emergency", severity: "emergency" } as const;
  webhook.push(ALERT);
  webhook.push(grave);
  await expect.poll(() => bodies, PATIENCE).toEqual([{ ...grave, others: [ALERT] }]);
});

test("Slack gets a text with a line for each", async () => {
  const { url, bodies, close } = await startReceiver(accept);
  onTestFinished(close);
  const { webhook } = webhookTo(url, {}, "slack");
  webhook.push(ALERT);
  webhook.push({ ...ALERT, state: "resolved" });
  await expect.poll(() => bodies.length, PATIENCE).toBe(1);
  expect(bodies[0]).toEqual({
    text: [
      "[warning] memory-warning on shop-1: Memory is at the warning level. (0.83 of 0.8) combot status shows who holds it.",
      "[resolved] memory-warning on shop-1: Memory is at the warning level. (0.83 of 0.8)",
    ].join("\n"),
  });
});

test.each([
  ["500", "the receiver answered 500"],
  ["302", "the receiver answered 302"],
])(
  "an answer of %s is tried three times, then again in the next round, and nothing is lost",
  async (status, reason) => {
    const { url, bodies, close } = await startReceiver((response, count) => {
      if (count > 4) return accept(response);
      response.writeHead(Number(status), { location: "http://127.0.0.1:1/elsewhere" }).end("no");
    });
    onTestFinished(close);
    const { webhook, failures } = webhookTo(url);
    webhook.push(ALERT);
    await expect.poll(() => bodies.length, PATIENCE).toBe(5);
    expect(bodies).toEqual(Array.from({ length: 5 }, () => ALERT));
    expect(failures).toEqual([reason]);
    await expect.poll(() => webhook.state, PATIENCE).toEqual({ waiting: 0, dropped: 0, lastError: null });
  },
);

test("a receiver that says nothing is given up, and one that is not there too", async () => {
  const { url, close } = await startReceiver(() => undefined);
  onTestFinished(close);
  const slow = webhookTo(url, { timeoutMs: 50 });
  slow.webhook.push(ALERT);
  await expect.poll(() => slow.failures[0], PATIENCE).toBe("no answer within 50 ms");
  const absent = webhookTo("http://127.0.0.1:1/hook");
  absent.webhook.push(ALERT);
  await expect.poll(() => absent.failures[0], PATIENCE).toContain("ECONNREFUSED");
  expect(absent.webhook.state?.waiting).toBe(1);
});

test("a hundred wait at most; the oldest go first, and are counted", () => {
  const { webhook } = webhookTo("http://127.0.0.1:1/hook");
  for (let count = 0; count < 130; count++) webhook.push(ALERT);
  expect(webhook.state).toEqual({ waiting: 100, dropped: 30, lastError: null });
});
