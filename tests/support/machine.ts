import type postgres from "postgres";

/** Machine and versions, for the head of the table: a figure without them says nothing. */
export async function describeMachine(sql: postgres.Sql): Promise<string> {
  const [row] = await sql`show server_version`;
  const memory = (Deno.systemMemoryInfo().total / 2 ** 30).toFixed(0);
  const load = Deno.loadavg()[0]?.toFixed(2) ?? "?";
  return [
    `${new Date().toISOString().slice(0, 10)}`,
    `${navigator.hardwareConcurrency} cores, ${memory} GiB, ${Deno.build.os} ${Deno.osRelease()}, ${await cpuName()}`,
    `load ${load} at the start`,
    `Deno ${Deno.version.deno} (V8 ${Deno.version.v8}), Postgres ${row?.server_version}`,
  ].join("; ");
}

async function cpuName(): Promise<string> {
  const info = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  return /model name\s*:\s*(.+)/.exec(info)?.[1]?.trim() ?? Deno.build.arch;
}
