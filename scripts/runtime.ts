import { copyFileSync, constants, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageFile } from "../src/lib/package-files.ts";

// Makes dist/node_modules/onnxruntime-node: what the package of that name has for a CPU under Linux. Whoever installs
// combot gets it with combot. The package itself runs a script when it is installed, which fetches GPU libraries of
// hundreds of megabytes from outside the npm registry and fails where it can't; and 217 of its 288 MB are for other
// systems. Node finds the copy as it finds any package. A step of the build. Usage: node scripts/runtime.ts

const NAME = "onnxruntime-node";
const COMMON = "onnxruntime-common";
const FROM = packageFile(`node_modules/${NAME}`);
const TO = packageFile(`dist/node_modules/${NAME}`);
const PLATFORMS = ["linux/x64", "linux/arm64"];
const LIBRARIES = ["onnxruntime_binding.node", "libonnxruntime.so.1"];

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** Its own half in JavaScript is a package that users' npm installs: the two must be of one version. */
function requireSameVersion({ version, dependencies }: Manifest): void {
  const ours = manifestIn(packageFile(".")).dependencies[COMMON];
  if (ours === dependencies[COMMON]) return;
  throw new Error(`${NAME} ${version} wants ${COMMON} ${dependencies[COMMON]}, and package.json has ${ours}`);
}

/** Without its scripts, and without what they alone need. */
function writeManifest(manifest: Manifest): void {
  const kept = {
    ...manifest,
    os: ["linux"],
    cpu: ["x64", "arm64"],
    dependencies: { [COMMON]: manifest.dependencies[COMMON] },
    devDependencies: undefined,
    scripts: undefined,
  };
  writeFileSync(join(TO, "package.json"), `${JSON.stringify(kept, null, 2)}\n`);
}

const manifest = manifestIn(FROM);
requireSameVersion(manifest);
rmSync(TO, { recursive: true, force: true });
mkdirSync(TO, { recursive: true });
writeManifest(manifest);
const isKept = (path: string): boolean => !/\.(map|d\.ts)$/.test(path);
cpSync(join(FROM, "dist"), join(TO, "dist"), { recursive: true, filter: isKept });
copyFileSync(packageFile("scripts/runtime-license.txt"), join(TO, "LICENSE"));
for (const platform of PLATFORMS) {
  for (const library of LIBRARIES) {
    const path = join("bin/napi-v6", platform, library);
    mkdirSync(dirname(join(TO, path)), { recursive: true });
    copyFileSync(join(FROM, path), join(TO, path), constants.COPYFILE_FICLONE);
  }
}
