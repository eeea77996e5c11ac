import { join } from "node:path";

export interface Simulator {
  url: string;
  stop: () => Promise<void>;
}

const root = join(import.meta.dirname ?? ".", "..", "..");

/** The simulator as a process of its own, as any client meets it: over HTTP, without a shared object. */
export async function startSimulator(): Promise<Simulator> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--config", join(root, "deno.json"), join(root, "local/zoho/main.ts"), "--port", "0"],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("the simulator ended before it was ready");
    text += value;
  }
  const { url } = JSON.parse(text) as { url: string };
  const stop = async () => {
    child.kill("SIGTERM");
    await reader.cancel();
    await child.status;
  };
  return { url, stop };
}
