import { describe, expect, test } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import { parseHosts, sshDestination } from "../../../src/lib/hosts/hosts-file.ts";

function faultsOf(text: string): readonly string[] {
  try {
    parseHosts(text, "hosts");
    return [];
  } catch (thrown) {
    if (!(thrown instanceof CombotError)) throw thrown;
    expect(thrown.code).toBe("USAGE");
    return thrown.faults;
  }
}

describe("a file of hosts", () => {
  test("has one a line, in its order, with comments and blank lines", () => {
    const text =
      "# ours\nweb1\r\n\n  ops@web-2.example.net  # spare\nweb3:2222\nssh://a.b@[::1]:22\nfe80::1%eth0\n_alias";
    const { hosts } = parseHosts(text, "hosts");
    expect(hosts).toEqual([
      "web1",
      "ops@web-2.example.net",
      "web3:2222",
      "ssh://a.b@[::1]:22",
      "fe80::1%eth0",
      "_alias",
    ]);
  });

  test.each([
    "-oProxyCommand=touch /tmp/x",
    "-oProxyCommand=x",
    "--",
    "ops@-oProxyCommand=x",
    "ssh://-oProxyCommand=x/",
    "ssh://ops@-l",
    "a b",
    "$(reboot)",
    "`reboot`",
    "web1;reboot",
    "web1'",
    "web1:0",
    "web1:65536",
    "ssh://web1:99999",
    "ops@",
    "@web1",
    "http://web1",
    "wéb",
  ])("%s is refused by its line", (host) => {
    expect(faultsOf(`web1\n${host}\n`)).toEqual([`line 2: ${JSON.stringify(host)} is no host as ssh knows one`]);
  });

  test("names no host twice, however it is written", () => {
    expect(faultsOf("a\nb\na # again\n")).toEqual(["line 3: a is line 1 again"]);
    expect(faultsOf("a:22\nssh://a:22/\n")).toEqual(["line 2: ssh://a:22/ is line 1 again"]);
  });

  test.each(["", "\n# none\n"])("%j names no host", (text) => {
    expect(faultsOf(text)).toEqual(["it names no host"]);
  });

  test("has a digest of its hosts and their order alone", () => {
    const digestOf = (text: string): string => parseHosts(text, "hosts").digest;
    expect(digestOf("a\n\nb # x")).toBe(digestOf("a\nb"));
    expect(digestOf("b\na")).not.toBe(digestOf("a\nb"));
  });
});

test("ssh knows a port in a URI alone", () => {
  expect(["web1", "a@b:2222", "fe80::1", "ssh://x:1/"].map(sshDestination)).toEqual([
    "web1",
    "ssh://a@b:2222",
    "fe80::1",
    "ssh://x:1",
  ]);
});
