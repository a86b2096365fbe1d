import { randomBytes } from "node:crypto";
import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { CombotError } from "../../lib/errors.ts";
import { renderNewToken } from "../../lib/render/token.ts";
import { MAX_TOKEN_RATE, TOKEN_NAME, TOKEN_SCOPES } from "../../lib/token-scopes.ts";
import type { TokenScope } from "../../lib/token-scopes.ts";

export interface NewToken {
  readonly name: string;
  readonly scope: TokenScope;
  readonly token: string;
  /** For COMBOT_TOKENS_FILE. */
  readonly line: string;
}

const RANDOM_BYTES = 32;
/** So that whoever comes upon one, a person or a scanner, knows what it is. */
const PREFIX = "combot_";

export default class TokenNew extends BaseCommand {
  static override summary = "Make a token, and the line for COMBOT_TOKENS_FILE that lets it in.";
  static override description = `Asks no daemon and keeps nothing: the line has the token's SHA-256 alone. A reload (systemctl reload combot-enhanced) takes the file's lines up. A name may have two lines, the old and the new, which differ in their token alone: add the new one, reload, hand it out, and take the old one away.

Scopes: classify opens what the user socket offers, read all that only tells (for Prometheus, status and monitor), control everything.`;
  static override examples = [
    { description: "For a backend.", command: "<%= config.bin %> <%= command.id %> shop" },
    {
      description: "For a nightly job: 600 requests a minute, behind all others.",
      command: "<%= config.bin %> <%= command.id %> nightly --rate 600 --batch",
    },
    {
      description: "The line into the file, the token into another.",
      command:
        "<%= config.bin %> <%= command.id %> ops --scope control --json | tee >(jq -r .line >> tokens) | jq -r .token > ops.token",
    },
  ];

  static override args = {
    name: Args.string({
      description: "Who is to have it: in the access log, the metric and among decisions.",
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    scope: Flags.option({ description: "What it opens.", options: TOKEN_SCOPES, default: "classify" as const })(),
    rate: Flags.integer({
      description: "Requests a minute; above that, 429. Default: as many as come.",
      min: 1,
      max: MAX_TOKEN_RATE,
      helpValue: "N",
    }),
    batch: Flags.boolean({ description: "What it has classified waits for what others have." }),
  };

  async run(): Promise<NewToken> {
    const { args, flags } = await this.parse(TokenNew);
    const { name } = args;
    if (!TOKEN_NAME.test(name))
      throw new CombotError("USAGE", "A name is 1 to 64 of A-Z, a-z, 0-9, . _ and -, the first of them no sign.");
    const token = PREFIX + randomBytes(RANDOM_BYTES).toString("base64url");
    const { sha256Of } = await import("../../lib/config/tokens-file.ts");
    const { scope, rate, batch } = flags;
    const words = [name, scope, `sha256:${sha256Of(token)}`, ...(rate === undefined ? [] : [rate])];
    const line = [...words, ...(batch ? ["batch"] : [])].join(" ");
    const made = { name, scope, token, line };
    this.print(renderNewToken(made));
    return made;
  }
}
