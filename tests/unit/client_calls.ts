import { assertRejects } from "@std/assert";
import { ZohoCallError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { clientOf, type Heard, ListeningZoho } from "./listening_zoho.ts";

export const goodCall = { method: "GET", path: "/Deals", query: { ids: "1" } } as const;
export const empty = () => Response.json({ data: [] });
export const unauthorised = (code: string) =>
  Response.json({ code, details: {}, message: "invalid oauth token", status: "error" }, { status: 401 });

/** The fault that a call of a client meets when Zoho answers like this. */
export async function faultOf(
  answer: (heard: Heard) => Response | Promise<Response>,
): Promise<ZohoCallError> {
  await using zoho = new ListeningZoho(answer);
  return await assertRejects(() => clientOf(zoho, { timeoutMs: 2_000 }).call(goodCall), ZohoCallError);
}

/** A body that begins and then breaks off with its connection. */
export const brokenBody = () =>
  new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`{"data":[`)),
    pull: (controller) => controller.error(new Error("the line was cut")),
  });
