import { join } from "node:path";
import { copyTree, filesDigest, keptCopy } from "../../local/kept_copy.ts";
import { type Postgres, startPostgres } from "../../local/postgres.ts";
import { addExtensions, binariesIn, extensionFiles } from "../../local/postgres_binaries.ts";

// Debian's Postgres 15 with the real pg_cron, which is 1.4: what the oldest projects have.

const LIBRARY = "/usr/lib/postgresql/15";
const SHARE = "/usr/share/postgresql/15";
const CRON_CONTROL = join(SHARE, "extension", "pg_cron.control");

const INSTALL = "apt-get install --no-install-recommends postgresql-15 postgresql-15-cron";

/** Starts it with its real pg_cron and our stand-ins for pg_net and Vault, all of which postgres may create. */
export async function startDebianPostgres(): Promise<Postgres> {
  const copy = await copyOfServer();
  return await startPostgres({
    inMemory: true,
    binaries: await binariesIn(join(copy, LIBRARY, "bin"), ["--locale=C.UTF-8"]),
    flags: {
      shared_preload_libraries: "pg_cron",
      "cron.database_name": "postgres",
      "cron.host": "127.0.0.1",
    },
  });
}

// A server finds its other folders beside itself, as long as they lie as they did at /.
async function copyOfServer(): Promise<string> {
  const program = join(LIBRARY, "bin", "postgres");
  for (const path of [program, CRON_CONTROL]) {
    const isThere = await Deno.lstat(path).then(() => true, () => false);
    if (!isThere) throw new Error(`${path} is missing. Debian 12 installs it by: ${INSTALL}`);
  }
  const standIns = (await extensionFiles()).filter((path) => !path.includes("/pg_cron"));
  const digest = await filesDigest([program, CRON_CONTROL, join(LIBRARY, "lib", "pg_cron.so"), ...standIns]);
  return await keptCopy(`debian-postgres-${digest}`, async (draft) => {
    const share = join(draft, SHARE);
    await copyTree(LIBRARY, join(draft, LIBRARY));
    await copyTree(SHARE, share);
    await addExtensions(share, standIns);
    // The platform lets postgres create it.
    const control = await Deno.readTextFile(CRON_CONTROL);
    await Deno.writeTextFile(join(share, "extension", "pg_cron.control"), `${control}trusted = true\n`);
  });
}
