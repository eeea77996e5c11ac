import { join } from "node:path";
import { FUNCTIONS } from "../../local/functions.ts";

// Small functions with which the tests look at the stack from inside. They use the same packages as the real ones.

const SOURCES: Record<string, string> = {
  // Says what it was sent and what it sees.
  echo: `
    export default {
      async fetch(request: Request) {
        console.log("echo was called");
        return Response.json({
          path: new URL(request.url).pathname + new URL(request.url).search,
          method: request.method,
          body: await request.text(),
          signature: request.headers.get("x-signature"),
          env: Deno.env.toObject(),
          pid: Deno.pid,
        });
      },
    };`,
  // Lets in users only, and reads as the user.
  whoami: `
    import { withSupabase } from "@supabase/server";
    export default {
      fetch: withSupabase({ auth: "user" }, async (_request, ctx) => {
        const { data, error } = await ctx.supabase.rpc("whoami");
        return Response.json({ claims: ctx.userClaims, database: data, error });
      }),
    };`,
  // Says that it was called and answers after ?ms=, or never when it is killed first.
  slow: `
    export default {
      async fetch(request: Request) {
        console.log("slow was called");
        const ms = Number(new URL(request.url).searchParams.get("ms"));
        await new Promise((resolve) => setTimeout(resolve, ms));
        return new Response("done");
      },
    };`,
  broken: `throw new Error("no such setting: FAVOURITE_COLOUR");`,
};

/** Writes some of them to a temporary folder; returns it. */
export async function tinyFunctions(...names: string[]): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "tiny-functions-" });
  const config = await Deno.readTextFile(join(FUNCTIONS, "zoho-sync", "deno.json"));
  for (const name of names) {
    await Deno.mkdir(join(folder, name));
    await Deno.writeTextFile(join(folder, name, "deno.json"), config);
    await Deno.writeTextFile(join(folder, name, "index.ts"), SOURCES[name] ?? "");
  }
  return folder;
}
