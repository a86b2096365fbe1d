import { readFileSync, writeFileSync, existsSync, globSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { packageFile } from "../../../../src/lib/package-files.ts";
import type { Stage } from "./stage.ts";

/** Authorities of this network's own, as npm run image takes them. */
const AUTHORITIES = "/usr/local/share/ca-certificates";

interface Compose {
  readonly services: { readonly redis: { readonly image: string } };
}

/** As deploy/compose.yaml names it. */
export function redisName(): string {
  const compose = parse(readFileSync(packageFile("deploy/compose.yaml"), "utf8")) as Compose;
  return `docker.io/library/${compose.services.redis.image}`;
}

/** Under the name of the official image one with Debian's redis-server, where no registry can be reached. */
export async function provideRedis({ engine, folder, image }: Stage): Promise<string> {
  const name = redisName();
  if ((await engine.tryTo("image", "inspect", name)) !== null) return name;
  const base = (
    await engine.run("image", "inspect", "--format", '{{index .Labels "org.opencontainers.image.base.name"}}', image)
  ).trim();
  const install = "apt-get update && apt-get install -y --no-install-recommends redis-server";
  const file = join(folder, "Containerfile.redis");
  writeFileSync(file, `FROM ${base}\nRUN ${install} && rm -rf /var/lib/apt/lists/*\nWORKDIR /data\n`);
  const context = join(folder, "nothing");
  mkdirSync(context, { recursive: true });
  const hasAuthorities = existsSync(AUTHORITIES) && globSync("*.crt", { cwd: AUTHORITIES }).length > 0;
  const volume = hasAuthorities ? ["--volume", `${AUTHORITIES}:${AUTHORITIES}:ro`] : [];
  await engine.run("build", "--isolation", "chroot", ...volume, "--tag", name, "--file", file, context);
  return name;
}
