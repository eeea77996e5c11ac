import type { Stack } from "../../local/stack.ts";

// What the simulator has seen.

/** A bookmark in what the simulator has seen. */
export async function bookmark({ zoho }: Stack): Promise<{ calls: number; changes: number }> {
  return {
    calls: (await zoho.calls()).at(-1)?.seq ?? 0,
    changes: (await zoho.changes()).lastSeq,
  };
}

/** The calls of Zoho's API since a bookmark as "POST /Deals/upsert"; token calls are not among them. */
export async function callsSince({ zoho }: Stack, mark: { calls: number }): Promise<string[]> {
  const calls = await zoho.calls(mark.calls);
  return calls.filter(({ path }) => path.startsWith("/crm/"))
    .map(({ method, path }) => `${method} ${path.replace(/^\/crm\/v\d+/, "")}`);
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
