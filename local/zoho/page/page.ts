import type { Incoming } from "../http/incoming.ts";
import type { Reply } from "../http/reply.ts";

const files: Record<string, { file: string; contentType: string }> = {
  "/": { file: "index.html", contentType: "text/html;charset=UTF-8" },
  "/__page/page.css": { file: "page.css", contentType: "text/css;charset=UTF-8" },
  "/__page/page.js": { file: "page.js", contentType: "text/javascript;charset=UTF-8" },
};

const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** The page people watch in the demo, or undefined when the address is not one of its files. */
export async function answerPage(incoming: Incoming): Promise<Reply | undefined> {
  const known = incoming.method === "GET" ? files[fileOf(incoming.url.pathname)] : undefined;
  if (known === undefined) return undefined;
  const text = await Deno.readTextFile(new URL(`./static/${known.file}`, import.meta.url));
  return { status: 200, text, contentType: known.contentType, headers };
}

/** The address of one record, as people have it in CRM, shows the page with its module. */
function fileOf(path: string): string {
  return /^\/crm\/tab\/\w+\/\d+$/.test(path) ? "/" : path;
}
