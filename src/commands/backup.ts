import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../lib/cli/client-command.ts";
import { followWork } from "../lib/cli/follow-work.ts";
import type { BackupResult, BackupsReply } from "../lib/protocol/backup.ts";
import { renderBackup, renderBackups } from "../lib/render/backup.ts";

export default class Backup extends ClientCommand {
  static override summary = "Back up the journal and the shared cache.";
  static override description = `The daemon writes it to a folder of its own in COMBOT_STATE_DIR/backups, mode 0700, with the SHA-256 of every file, and keeps the newest BACKUP_KEEP of them. In it are the journal where it is SQLite (one in Postgres is its owner's to back up), the answers and products in Redis with the time they have left, and the settings in force, without secrets, for reference. Sessions only with --sessions: they may hold what users said.

combot deploy runs it once a day. Ctrl-C leaves; the daemon finishes. Takes the control socket.`;
  static override examples = [
    { description: "All but sessions.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "Those there are.", command: "<%= config.bin %> <%= command.id %> --list" },
    {
      description: "Where it is, for a copy to another machine.",
      command: "<%= config.bin %> <%= command.id %> --json | jq -r .folder",
    },
  ];

  static override flags = {
    list: Flags.boolean({ description: "Make none; show those there are.", exclusive: ["sessions"] }),
    sessions: Flags.boolean({ description: "Sessions as well." }),
  };

  async run(): Promise<BackupResult | BackupsReply> {
    const { flags } = await this.parse(Backup);
    const client = this.client(flags.socket);
    if (flags.list) {
      const reply = await client.call("backups");
      this.print(renderBackups(reply));
      return reply;
    }
    const body = flags.sessions ? { sessions: true } : {};
    const result = await followWork<BackupResult>(
      client.follow("backup", { body }),
      this.jsonEnabled() ? null : process.stderr,
    );
    this.print(renderBackup(result));
    return result;
  }
}
