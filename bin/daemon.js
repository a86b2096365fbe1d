#!/usr/bin/env node
// The daemon without the CLI around it: combot daemon becomes this process, and systemd starts it as it is.
// usage: node --max-semi-space-size=8 --heap-growing-percent=10 --no-allocation-site-pretenuring --v8-pool-size=1 --bytecode-old-age=1 --flush-baseline-code bin/daemon.js ['{"envFile":"/etc/combot/combot.env"}'] [--json]
import { isatty } from "tty";
import { refuseNode } from "./node-guard.js";

// Until the daemon obeys signals itself; see cli.js.
if (!isatty(1) && !isatty(2)) process.on("SIGHUP", () => {});

async function start() {
  try {
    const { main } = await import("../dist/daemon/main.js");
    await main(JSON.parse(process.argv[2] || "{}"));
  } catch (thrown) {
    const { reportFailure } = await import("../dist/lib/cli/failure.js");
    reportFailure(thrown, process.argv);
    // Whatever the daemon had opened before it failed must not keep the process.
    process.exit();
  }
}

if (!refuseNode()) void start();
