import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTokens } from "../../../src/lib/config/tokens-file.ts";
import { reloadSettings } from "../../../src/lib/config/reload.ts";
import { faultsOf, filesOf, load, T3_LARGE } from "./loading.ts";

// By sha256sum.
const OLD = "shop-token-0123456789-0123456789-0123";
const OLD_HASH = "469855a6356d22c3ef7d755c38e1adc5e69dbfbc14fea7f05fc020b5477d1317";
const NEW_HASH = "98a2f2fbefdf49c4188f54679d736fa06ee47916775eb4758d6fbe44a0f66333";

const shop = { name: "shop", scope: "classify", sha256: OLD_HASH, perMinute: 600, priority: "interactive" };

describe("a line", () => {
  test.each([
    ["has name, scope, hash and requests a minute", `shop classify sha256:${OLD_HASH} 600`, shop],
    ["may have the token itself", `shop\tclassify  ${OLD} 600\r`, shop],
    ["may have a hash in capitals", `shop classify SHA256:${OLD_HASH.toUpperCase()} 600`, shop],
    ["may end with its hash", `shop read sha256:${OLD_HASH}`, { ...shop, scope: "read", perMinute: null }],
    [
      "may say batch",
      `shop control sha256:${OLD_HASH} batch`,
      { ...shop, scope: "control", perMinute: null, priority: "batch" },
    ],
    ["has these in any order", `shop classify sha256:${OLD_HASH} batch 600`, { ...shop, priority: "batch" }],
  ])("%s", (_, line, token) => {
    expect(parseTokens(`# who may call\n\n  ${line}\n`)).toEqual([token]);
  });

  test.each([
    ["without a scope", "shop", "line 1: behind shop must be its scope: classify, read, control"],
    ["of another scope", `shop admin sha256:${OLD_HASH}`, "its scope: classify, read, control"],
    ["without a token", "shop classify", "line 1: behind the scope of shop must be sha256:"],
    ["of a token that can be guessed", "shop classify 0123456789012345678901234567890", "of 32 bytes or more"],
    ["of a hash that is cut", `shop classify sha256:${OLD_HASH.slice(1)}`, "64 hexadecimal digits"],
    ["of no requests", `shop classify sha256:${OLD_HASH} 0`, "requests a minute (1 to 1000000)"],
    ["of two rates", `shop classify sha256:${OLD_HASH} 1 2`, "behind the token of shop may be"],
    ["with more", `shop classify sha256:${OLD_HASH} 600 soon`, "behind the token of shop may be"],
    ["of a name with a sign before it", `-shop classify sha256:${OLD_HASH}`, "line 1: a name is 1 to 64"],
    ["of a long name", `${"x".repeat(65)} classify sha256:${OLD_HASH}`, "line 1: a name is 1 to 64"],
  ])("%s is refused, and the token not shown", (_, line, told) => {
    const fault = parseTokens(line);
    expect(fault).toContain(told);
    expect(fault).not.toMatch(/01234|d1317/);
  });

  test("may be anything, and is taken or refused in words", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("shop", "read", "classify", `sha256:${OLD_HASH}`, "60", "batch"),
    );
    fc.assert(
      fc.property(fc.array(fc.array(word, { maxLength: 6 }), { maxLength: 4 }), (lines) => {
        const parsed = parseTokens(lines.map((words) => words.join(" ")).join("\n"));
        if (typeof parsed === "string") expect(parsed).not.toContain(OLD_HASH);
        else
          for (const { name, sha256 } of parsed)
            expect([name, sha256]).toEqual([expect.stringMatching(/^[\w.-]+$/), OLD_HASH]);
      }),
    );
  });
});

describe("the lines together", () => {
  const line = `shop classify sha256:${OLD_HASH} 600`;

  test("may have a name twice, to change its token", () => {
    expect(parseTokens(`${line}\nshop classify sha256:${NEW_HASH} 600`)).toHaveLength(2);
  });

  test.each([
    ["a third line of a name", `shop classify sha256:${"0".repeat(64)} 600`, "line 3: the third line of shop"],
    [
      "the same token under another name",
      `other classify sha256:${OLD_HASH}`,
      "line 3: the same token as that of shop",
    ],
  ])("%s is refused", (_, third, told) => {
    expect(parseTokens(`${line}\nshop classify sha256:${NEW_HASH} 600\n${third}`)).toContain(told);
  });

  test.each(["read sha256:NEW 600", "classify sha256:NEW 60", "classify sha256:NEW 600 batch"])(
    "a second line that is not the same but for its token is refused: %s",
    (second) => {
      const told = parseTokens(`${line}\nshop ${second.replace("NEW", NEW_HASH)}`);
      expect(told).toBe("line 2: the two lines of shop must differ in their token alone");
    },
  );

  test("are 256 at most, and one at least", () => {
    const lines = Array.from({ length: 257 }, (_, at) => `n${at} read sha256:${at.toString(16).padStart(64, "0")}`);
    expect(parseTokens(lines.slice(1).join("\n"))).toHaveLength(256);
    expect(parseTokens(lines.join("\n"))).toBe("257 tokens, where at most 256 may be");
    expect(parseTokens("# nobody yet\n")).toBe("there is no token in it");
  });
});

describe("COMBOT_TOKENS_FILE", () => {
  const env = { COMBOT_LISTEN: "127.0.0.1:8181", COMBOT_TOKENS_FILE: "/tokens" };
  const text = `shop classify ${OLD} 600`;

  test("is read, never shown, and enough to listen with", () => {
    const { settings, sources, warnings } = load({ env, files: { "/tokens": text } });
    expect(settings.tokens).toEqual([shop]);
    expect(sources.COMBOT_TOKENS).toMatchObject({ shown: "***", detail: "COMBOT_TOKENS_FILE=/tokens" });
    expect(warnings).toEqual([]);
  });

  test("names the line that is wrong", () => {
    expect(faultsOf({ env, files: { "/tokens": `${text}\nops admin x` } })).toEqual([
      "COMBOT_TOKENS_FILE=/tokens: line 2: behind ops must be its scope: classify, read, control (process environment)",
    ]);
  });

  test("must be closed to others, as the file of the one token", () => {
    expect(faultsOf({ env, files: { "/tokens": { text, mode: 0o640 } } })).toEqual([
      expect.stringContaining("chmod 600"),
    ]);
  });

  test.each(["COMBOT_TOKEN_FILE", "COMBOT_ADMIN_TOKEN_FILE"])("must not have the token of %s", (name) => {
    const faults = faultsOf({ env: { ...env, [name]: "/one" }, files: { "/tokens": text, "/one": `${OLD}\n` } });
    expect(faults).toEqual([expect.stringContaining(`the token of shop is that of ${name}`)]);
  });

  test("is taken anew by a reload, and left as it was where the new one is faulty", () => {
    const reading = (content: string) => ({
      env,
      machine: T3_LARGE,
      homeDir: "/home/me",
      isUnit: false,
      readFile: filesOf({ "/tokens": content }),
    });
    const running = load({ env, files: { "/tokens": text } });
    const { loaded, changed, needRestart } = reloadSettings(running, reading(`shop read sha256:${NEW_HASH}`));
    expect([loaded.settings.tokens, changed, needRestart]).toEqual([
      [{ ...shop, scope: "read", sha256: NEW_HASH, perMinute: null }],
      ["COMBOT_TOKENS_FILE"],
      [],
    ]);
    expect(() => reloadSettings(running, reading("shop"))).toThrow("One fault");
  });
});
