import type { CallEntry, FaultInput } from "../../local/zoho/mod.ts";
import type { Stack } from "../../local/stack.ts";

// What the simulator has seen.

/** Zoho answers no read of a module either: a call that fails is not the fault of its records. */
export const silence: FaultInput = {
  match: { method: "GET", path: "/(Deals|Quotes|Invoices|Contacts|Accounts|Products)$" },
  kind: "status",
  status: 503,
};

/** A bookmark in what the simulator has seen. */
export async function bookmark({ zoho }: Stack): Promise<{ calls: number; changes: number }> {
  return {
    calls: (await zoho.calls()).at(-1)?.seq ?? 0,
    changes: (await zoho.changes()).lastSeq,
  };
}

/**
 * The calls of Zoho's API since a bookmark as "POST /Deals". Token calls are not among them, nor the revision check, which
 * every process makes once before its first write, nor the question which org it is, asked once for new credentials.
 */
export async function zohoCallsSince(stack: Stack, mark: { calls: number }): Promise<string[]> {
  return (await workSince(stack, mark))
    .map(({ method, path }) => `${method} ${path.replace(/^\/crm\/v\d+/, "")}`);
}

/** The credits of those calls, or of those among them whose path matches. */
export async function creditsSince(stack: Stack, mark: { calls: number }, path = /./): Promise<number> {
  return (await workSince(stack, mark)).filter((call) => path.test(call.path))
    .reduce((sum, { credits }) => sum + credits, 0);
}

async function workSince({ zoho }: Stack, mark: { calls: number }): Promise<CallEntry[]> {
  const isUpkeep = ({ path, query }: CallEntry) =>
    path.endsWith("/org") || query?.includes("CircleTel_Revision between") === true;
  return (await zoho.calls(mark.calls)).filter((call) => call.path.startsWith("/crm/") && !isUpkeep(call));
}

/** The fields that each write of a record touched since a bookmark. */
export async function writesOf(
  { zoho }: Stack,
  id: string,
  mark: { changes: number },
): Promise<Record<string, unknown>[]> {
  const { changes } = await zoho.changes({ since: mark.changes });
  return changes.filter((change) => change.id === id).map(({ fields }) =>
    Object.fromEntries(Object.entries(fields).map(([name, { after }]) => [name, after]))
  );
}
