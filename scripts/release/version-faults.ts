/** What has to agree on the version. */
export interface VersionPlaces {
  /** Of package.json, as are the two lists below. */
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly lock: {
    readonly version: string;
    readonly packages: Readonly<Record<string, LockEntry>>;
  };
  readonly changelog: string;
  readonly tags: readonly string[];
}

interface LockEntry {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const VERSION = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/** What would make a release of this version a wrong one. */
export function versionFaults(places: VersionPlaces): string[] {
  const { version, lock, tags } = places;
  const root = lock.packages[""] ?? {};
  return [
    ...(VERSION.test(version) ? [] : [`package.json: "${version}" is no version`]),
    ...(lock.version === version && root.version === version
      ? []
      : [
          `package-lock.json has ${lock.version} and ${root.version}, package.json ${version}: npm install --package-lock-only`,
        ]),
    ...(["dependencies", "devDependencies"] as const)
      .filter((list) => !isSame(places[list], root[list] ?? {}))
      .map((list) => `package-lock.json has other ${list} than package.json: npm install --package-lock-only`),
    ...(tags.includes(`v${version}`) ? [`v${version} is tagged already: it was released, or begun`] : []),
    ...changelogFaults(places.changelog, version),
  ];
}

function isSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return names.every((name) => one[name] === other[name]);
}

interface Section {
  readonly title: string;
  readonly text: string;
}

/** The version's own section stands first, has entries, and says what to do at an upgrade; nothing is unreleased. */
function changelogFaults(changelog: string, version: string): string[] {
  const sections = changelog
    .split(/^## /m)
    .slice(1)
    .map((text): Section => ({ title: text.split("\n", 1)[0]?.trim() ?? "", text }));
  const [unreleased, others] = [true, false].map((is) =>
    sections.filter(({ title }) => (title.toLowerCase() === "unreleased") === is),
  );
  const [first, before] = others ?? [];
  const entries = (section: Section | undefined): number => section?.text.match(/^- /gm)?.length ?? 0;
  const waiting = entries(unreleased?.[0]);
  if (first?.title.split(" ", 1)[0] !== version)
    return [`CHANGELOG.md begins with ${first?.title ?? "nothing"} and not with ${version}`];
  return [
    ...(waiting > 0 ? [`CHANGELOG.md has ${waiting} entries under Unreleased: they belong under ${version}`] : []),
    ...(entries(first) === 0 ? [`CHANGELOG.md has no entry under ${version}`] : []),
    ...(before && !first.text.includes(`### Upgrading from ${before.title.split(" ", 1)[0]}`)
      ? [`CHANGELOG.md: ${version} doesn't say what to do at an upgrade (### Upgrading from ${before.title})`]
      : []),
  ];
}
