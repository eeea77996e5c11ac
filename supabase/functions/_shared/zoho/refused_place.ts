/** Where in a record Zoho found what it refuses. */
export interface RefusedPlace {
  /** The record's field; `id` is the record's own id, null is the record as a whole. */
  field: string | null;
  /** Of a line, its row and the line's own field; `field` is then the list of lines. */
  line: { row: number; field: string | null } | null;
  /** A lookup, of the record or of the line, points to a record that is not there or not to be used. */
  isLookup: boolean;
}

/** `$.data[3].Quoted_Items[0].Product_Name.id`: one name with its row, if it is a list, at a time. */
const step = /^\.([\w$]+)(?:\[(\d+)\])?/;

/**
 * Reads a refusal's `details`. The path leads: `api_name` is the innermost name, and of a lookup that is `id`, which the
 * record's own id is called as well.
 */
export function refusedPlace(details: Record<string, unknown>): RefusedPlace {
  const { api_name: apiName, json_path: path } = details;
  const steps = typeof path === "string" ? stepsOf(path) : [];
  const [first, second, third] = steps;
  if (first === undefined) {
    const field = typeof apiName === "string" && apiName !== "" ? apiName : null;
    return { field, line: null, isLookup: false };
  }
  if (first.row === null) return { field: first.name, line: null, isLookup: second?.name === "id" };
  return {
    field: first.name,
    line: { row: first.row, field: second?.name ?? null },
    isLookup: third?.name === "id",
  };
}

/** The names below `data[n]`; none for a path that leads elsewhere. */
function stepsOf(path: string): { name: string; row: number | null }[] {
  const steps: { name: string; row: number | null }[] = [];
  let rest = /^\$\.data\[\d+\](.*)$/.exec(path)?.[1] ?? "";
  for (let found = step.exec(rest); found !== null; found = step.exec(rest)) {
    const [whole, name = "", row] = found;
    steps.push({ name, row: row === undefined ? null : Number(row) });
    rest = rest.slice(whole.length);
  }
  return rest === "" ? steps : [];
}
