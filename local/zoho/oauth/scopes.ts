/** `ZohoCRM.modules.ALL, ZohoCRM.coql.READ` as a list; Zoho prints spaces and takes commas. */
export function splitScopes(text: string): string[] {
  return text.split(/[\s,]+/).filter((scope) => scope !== "");
}

const writes = ["CREATE", "UPDATE", "DELETE", "WRITE"];

/**
 * Whether the granted scopes cover `ZohoCRM.modules.deals.CREATE` or the like: the same scope, its ALL, the ALL of a
 * wider group, or WRITE for any of the writing operations.
 */
export function covers(granted: string[], needed: string): boolean {
  const parts = needed.split(".");
  const operation = parts.pop() ?? "";
  const accepted = new Set<string>();
  for (let depth = parts.length; depth >= 2; depth--) {
    const group = parts.slice(0, depth).join(".");
    accepted.add(`${group}.ALL`.toLowerCase());
    accepted.add(`${group}.${operation}`.toLowerCase());
    if (writes.includes(operation)) accepted.add(`${group}.WRITE`.toLowerCase());
  }
  return granted.some((scope) => accepted.has(scope.toLowerCase()));
}
