import { spawnSync } from "node:child_process";

/** Debian's: what others bring along may not go with its torch. */
export const PYTHON = "/usr/bin/python3";

/** Debian's package of each module. */
const PACKAGES = {
  torch: "python3-torch",
  numpy: "python3-numpy",
  django: "python3-django",
  django_redis: "python3-django-redis",
  gunicorn: "gunicorn",
} as const;
/** torch multiplies with the BLAS that is installed; the reference one, which comes with it, takes many times as long. */
const BLAS = { library: "libopenblas", package: "libopenblas0-pthread" };

const IMPORT_ALL = `
import importlib, json, sys
versions = {}
for name in sys.argv[1:]:
    try:
        module = importlib.import_module(name)
        versions[name] = str(getattr(module, "__version__", ""))
    except ImportError:
        pass
libraries = sorted({line.split()[-1] for line in open("/proc/self/maps") if ".so" in line})
print(json.dumps({"python": sys.version.split()[0], "versions": versions, "libraries": libraries}))
`;

interface Found {
  readonly python: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly libraries: readonly string[];
}

/** @returns what is missing on this machine, with the line that installs it; undefined where all is there. */
export function missing(): string | undefined {
  const { versions, libraries } = look();
  const lacking = [
    ...Object.entries(PACKAGES).flatMap(([name, debian]) => (versions[name] === undefined ? [debian] : [])),
    ...(openBlas(libraries) === undefined ? [BLAS.package] : []),
    ...(spawnSync("redis-server", ["--version"]).status === 0 ? [] : ["redis-server"]),
  ];
  if (lacking.length === 0) return undefined;
  return `published wants ${lacking.join(", ")}: apt-get install ${lacking.join(" ")}`;
}

/** Of the stack's parts, in words. */
export function stackVersions(): string {
  const { python, versions, libraries } = look();
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [`Python ${python}`, ...named, openBlas(libraries)?.replace(/^.*\//, "")].join(", ");
}

function look(): Found {
  const nothing: Found = { python: "", versions: {}, libraries: [] };
  const asked = spawnSync(PYTHON, ["-c", IMPORT_ALL, ...Object.keys(PACKAGES)], { encoding: "utf8" });
  return asked.status === 0 ? (JSON.parse(asked.stdout) as Found) : nothing;
}

function openBlas(libraries: readonly string[]): string | undefined {
  return libraries.find((path) => path.includes(BLAS.library));
}
