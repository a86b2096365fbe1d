import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Terminal } from "../../../scripts/support/terminal.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { MANIFEST, requireBuild, runCli } from "./cli-process.ts";

beforeAll(requireBuild);

const COMPLETIONS = join(import.meta.dirname, "../../../dist/completions");

/** What is typed before the tab, and what stands there after it. */
const TYPED: readonly (readonly [string, string])[] = [
  ["combot cle", "combot cleanup"],
  ["combot model us", "combot model use"],
  ["combot model unload --no-w", "combot model unload --no-wait"],
  ["combot cleanup --level em", "combot cleanup --level emergency"],
  ["combot cleanup --level=so", "combot cleanup --level=soft"],
  ["combot daemon --env-file ./a.env --profile t3.x", "combot daemon --env-file ./a.env --profile t3.xlarge"],
  ["combot model use ./my", "combot model use ./my-model/"],
  ["combot model use ./my-model --in", "combot model use ./my-model --in-turn"],
  ["combot model check ./my-model/conf", "combot model check ./my-model/config.json"],
  ["combot perf-test --rate 20 --report ./rep", String.raw`combot perf-test --rate 20 --report ./report\ one.html`],
  ["combot perf-test -t p99=1s --baseline ./rep", String.raw`combot perf-test -t p99=1s --baseline ./report\ one.html`],
  ["combot docs jour", "combot docs journal"],
  ["combot help decis", "combot help decisions"],
  ["combot autocomplete fi", "combot autocomplete fish"],
];

/** Started so that nothing of the machine's own set-up counts. */
const SHELLS: Readonly<Record<string, (folder: string) => string>> = {
  bash: (folder) => {
    writeFileSync(join(folder, ".rc"), `PS1='$ '\nsource ${COMPLETIONS}/combot.bash\n`);
    return `bash --noprofile --rcfile ${folder}/.rc -i`;
  },
  zsh: (folder) => {
    const own = [`PS1='$ '`, `fpath=(${COMPLETIONS} $fpath)`, "autoload -Uz compinit", "compinit -u -D", ""];
    writeFileSync(join(folder, ".zshrc"), own.join("\n"));
    return `ZDOTDIR=${folder} zsh -d -i`;
  },
  "zsh that sources it": (folder) => {
    const own = [`PS1='$ '`, "autoload -Uz compinit", "compinit -u -D", `source ${COMPLETIONS}/_combot`, ""];
    writeFileSync(join(folder, ".zshrc"), own.join("\n"));
    return `ZDOTDIR=${folder} zsh -d -i`;
  },
  fish: (folder) => {
    const prompt =
      "function fish_prompt; echo -n '$ '; end; set -g fish_autosuggestion_enabled 0; set -g fish_greeting";
    writeFileSync(join(folder, "rc.fish"), `${prompt}\nsource ${COMPLETIONS}/combot.fish\n`);
    return `XDG_CONFIG_HOME=${folder} XDG_DATA_HOME=${folder} fish --no-config -i -C 'source ${folder}/rc.fish'`;
  },
};

/** On a terminal, in a folder with a model and a report. */
async function start(shell: string): Promise<Terminal> {
  const folder = temporaryFolder();
  const work = join(folder, "work");
  mkdirSync(join(work, "my-model"), { recursive: true });
  for (const file of ["my-model/config.json", "report one.html"]) writeFileSync(join(work, file), "");
  const command = `sh -c "cd ${work} && exec env ${SHELLS[shell]!(folder)}"`;
  const terminal = await Terminal.start({ width: 120, height: 20, command });
  onTestFinished(() => terminal.end());
  await expectLine(terminal, "$");
  return terminal;
}

async function lastLine(terminal: Terminal): Promise<string | undefined> {
  return (await terminal.screen()).findLast((line) => line !== "");
}

async function expectLine(terminal: Terminal, expected: string): Promise<void> {
  await expect.poll(() => lastLine(terminal), { timeout: 10_000, interval: 50 }).toBe(expected);
}

describe.each(Object.keys(SHELLS))("%s", (shell) => {
  test("completes commands, flags, their values, pages and paths", { timeout: 60_000 }, async () => {
    const terminal = await start(shell);
    for (const [typed, expected] of TYPED) {
      await terminal.press("-l", typed);
      await expectLine(terminal, `$ ${typed}`);
      await terminal.press("Tab");
      await expectLine(terminal, `$ ${expected}`);
      await terminal.press("C-u", "C-l");
      await expectLine(terminal, "$");
    }
  });
});

test("fish offers every command, and every flag with its help", () => {
  const { commands } = JSON.parse(readFileSync(MANIFEST, "utf8")) as {
    commands: Record<string, { flags: Record<string, { name: string }> }>;
  };
  for (const [id, { flags }] of Object.entries(commands)) {
    const words = id.replaceAll(":", " ");
    const script = `source ${COMPLETIONS}/combot.fish; complete -C 'combot ${words}'; complete -C 'combot ${words} --'`;
    const offered = spawnSync("fish", ["--no-config", "-c", script], { encoding: "utf8" }).stdout.split("\n");
    expect(offered.map((line) => line.split("\t")[0])).toContain(words.split(" ").at(-1));
    for (const { name } of Object.values(flags)) {
      expect(
        offered.find((line) => line.startsWith(`--${name}\t`)),
        `${id} --${name}`,
      ).toMatch(/\t./);
    }
  }
});

test.each([
  ["bash", "combot.bash"],
  ["zsh", "_combot"],
  ["fish", "combot.fish"],
])("combot autocomplete %s prints the file that deploy installs", async (shell, file) => {
  const { status, stdout } = await runCli(["autocomplete", shell]);
  expect(status).toBe(0);
  expect(stdout).toBe(readFileSync(join(COMPLETIONS, file), "utf8"));
});

test("without a shell the lines that set it up are told, and each is what the shell takes", async () => {
  const { stdout } = await runCli(["autocomplete"]);
  const lines = stdout.trim().split("\n");
  expect(lines.map((line) => line.split(" ")[0])).toEqual(["bash", "zsh", "fish"]);
  expect(stdout).toContain("source <(combot autocomplete bash)");
});
