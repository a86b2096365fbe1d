import { readFileSync } from "node:fs";

// Whether package-lock.json says what every package has to be: npm installs an entry without `integrity` unchecked. And
// whether it lets none run a script but those of allowScripts, which npm before 11 does not read: the lock it does.
// Usage: node scripts/check-lock.ts, in the folder of the lock.

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

type Packages = Readonly<Record<string, Entry>>;

/** The first is combot itself, and a link leads to a folder of its own entry. */
function uncheckedPackages(packages: Packages): string[] {
  return Object.entries(packages).flatMap(([place, { integrity, link, version }]) =>
    place === "" || link || integrity !== undefined ? [] : [`${place}@${version}: no integrity in package-lock.json`],
  );
}

function scriptFaults(packages: Packages, allowed: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(packages).flatMap(([place, { hasInstallScript }]) =>
    hasInstallScript && allowed[place.split("node_modules/").at(-1) ?? ""] !== true
      ? [`${place}: hasInstallScript in package-lock.json, and allowScripts in package.json does not allow it`]
      : [],
  );
}

/** What package "node" fetches is not in the lock. */
function nodeFaults(packages: Packages, sums: string): string[] {
  const version = packages["node_modules/node"]?.version;
  const named = [...sums.matchAll(/^[0-9a-f]{64} {2}node-v([\d.]+)-/gm)].map(([, found]) => found);
  const isNamed = version === undefined || (named.length > 0 && named.every((found) => found === version));
  return isNamed
    ? []
    : [`node_modules/node@${version}: node.sha256 has the checksums of ${named.join(", ") || "none"}`];
}

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Packages };
const { allowScripts = {} } = JSON.parse(readFileSync("package.json", "utf8")) as {
  allowScripts?: Readonly<Record<string, boolean>>;
};
const faults = [
  ...uncheckedPackages(packages),
  ...scriptFaults(packages, allowScripts),
  ...nodeFaults(packages, readFileSync("node.sha256", "utf8")),
];
if (faults.length > 0) {
  process.stderr.write(`${faults.join("\n")}\nCONTRIBUTING.md says how the lock is completed.\n`);
  process.exitCode = 1;
}
