import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import { BUNDLED_MODEL_DIR } from "../../../../src/daemon/model/bundled-model.ts";
import { inTurns, threadsMicroseconds } from "../../processor-time.ts";
import type { Line } from "../../record.ts";
import { quantile, round } from "../../statistics.ts";
import { decisionMicroseconds } from "./decision-steps.ts";
import { line, record } from "./lines.ts";

const ROUNDS = 201;
const WARM_UP = 8;
const CALLS = 2000;
const CONNECTIONS = 8;
const TEXTS = 50;
const MOST = 0.01;
/** What the machine does meanwhile only ever adds: the least are told apart where medians are not. */
const UNDISTURBED = 0.1;

/**
 * The daemon's processor time for a call that the cache answers: without a decision, and with one. Two daemons that do the
 * same differ by more than a hundredth, so what is asserted is what a decision's own steps take.
 */
export async function* deciding(say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "combot-deciding-"));
  const model = join(folder, "model");
  cpSync(BUNDLED_MODEL_DIR, model, { recursive: true });
  writeFileSync(join(model, "combot.json"), '{"minScore":0.5}');
  const env = { REDIS_URL: "off", DATABASE_URL: "off", WORKERS: "1", LOG_LEVEL: "error", MAX_REQUESTS: "0" };
  const plain = await PrivateDaemon.start({ env });
  const again = await PrivateDaemon.start({ env });
  const deciding = await PrivateDaemon.start({ env: { ...env, COMBOT_MODEL_DIR: model } });
  const agent = keepAliveAgent(CONNECTIONS);
  try {
    const runs = {
      plain: () => perCall(plain, {}, agent),
      same: () => perCall(plain, {}, agent),
      again: () => perCall(again, {}, agent),
      asked: () => perCall(plain, { minScore: 0.5 }, agent),
      own: () => perCall(deciding, {}, agent),
    };
    const onRound = (at: number): void => say(`round ${at} of ${WARM_UP + ROUNDS}`);
    const took = await inTurns(runs, { warmUp: WARM_UP, rounds: ROUNDS }, onRound);
    const told = {
      same: "none, once more",
      again: "none, in another daemon",
      asked: "minScore in the call",
      own: "minScore in combot.json",
    };
    const cachedUs = quantile(took.plain, UNDISTURBED);
    for (const [name, what] of Object.entries(told) as [keyof typeof told, string][]) {
      const share = quantile(took[name], UNDISTURBED) / cachedUs - 1;
      const each = took[name].map((own, at) => own / took.plain[at]! - 1);
      const spread = [0.25, 0.75].map((part) => `${round(quantile(each, part) * 100, 1)}%`).join(" to ");
      yield record(
        `${what}: processor time of a cached call over that of one without a decision, of the tenth of ${ROUNDS} rounds that was disturbed least (quartiles round by round)`,
        `${round(share * 100, 1)}% more (${spread})`,
      );
    }
    const added = decisionMicroseconds();
    yield line(
      `what reading, judging and writing add by a decision, µs, over a cached call (${round(cachedUs, 1)} µs of the daemon)`,
      `${round(added, 3)}, ${round((added / cachedUs) * 100, 2)}%`,
      `at most ${MOST * 100}%`,
      added > 0 && added <= MOST * cachedUs,
    );
  } finally {
    agent.destroy();
    for (const daemon of [plain, again, deciding]) await daemon.stop("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function perCall(
  { pid, socketPath }: PrivateDaemon,
  fields: Readonly<Record<string, unknown>>,
  agent: ReturnType<typeof keepAliveAgent>,
): Promise<number> {
  const from = threadsMicroseconds(pid);
  const client = async (): Promise<void> => {
    for (let at = 0; at < CALLS / CONNECTIONS; at++) {
      const body = { text: `where is my order ${at % TEXTS}`, ...fields };
      const { status } = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body, agent });
      if (status !== 200) throw new Error(`a call was answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  return (threadsMicroseconds(pid) - from) / CALLS;
}
