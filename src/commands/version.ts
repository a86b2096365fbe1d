import { BaseCommand } from "../lib/cli/base-command.ts";

interface Versions {
  readonly combot: string;
  readonly node: string;
  readonly platform: string;
}

export default class Version extends BaseCommand {
  static override summary = "Show the version of combot, and of the Node that runs it.";
  static override description = "The same as --version and -v. combot status has the daemon's own.";
  static override examples = [
    { description: "For a script.", command: '<%= config.bin %> <%= command.id %> --json | jq -r ".combot"' },
  ];

  async run(): Promise<Versions> {
    await this.parse(Version);
    this.print(this.config.userAgent);
    const { version, platform, arch } = this.config;
    return { combot: version, node: process.version, platform: `${platform}-${arch}` };
  }
}
