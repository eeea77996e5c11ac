/** Variables of a file in the form that `supabase secrets set --env-file` reads. */
export type Variables = Readonly<Record<string, string>>;

const assignment = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/;

export function parseEnvFile(text: string): Record<string, string> {
  const found = text.split(/\r?\n/).map((line) => assignment.exec(line)).filter((match) => match !== null);
  return Object.fromEntries(found.map(([, name = "", value = ""]) => [name, unquote(value)]));
}

/**
 * The text with some variables set: in their place where they are, even if behind a `#`, else at the end. Every other line
 * stays as it is.
 */
export function withVariables(text: string, variables: Variables): string {
  const lines = text.split(/\r?\n/);
  for (const [name, value] of Object.entries(variables)) {
    const line = `${name}=${quote(value)}`;
    const place = placeOf(lines, name);
    if (place === -1) lines.splice(lines.at(-1) === "" ? lines.length - 1 : lines.length, 0, line);
    else lines[place] = line;
  }
  const changed = lines.join("\n");
  return changed.endsWith("\n") ? changed : `${changed}\n`;
}

/** The last assignment is the one that counts. */
function placeOf(lines: string[], name: string): number {
  const set = lines.findLastIndex((line) => assignment.exec(line)?.[1] === name);
  return set !== -1 ? set : lines.findIndex((line) => new RegExp(`^\\s*#\\s*${name}=`).test(line));
}

function unquote(value: string): string {
  const text = value.trim();
  const quoted = /^"((?:\\.|[^"\\])*)"|^'([^']*)'/.exec(text);
  if (!quoted) return text.replace(/\s+#.*$/, "");
  return quoted[2] ??
    (quoted[1] ?? "").replaceAll(/\\(.)/g, (_, letter: string) => letter === "n" ? "\n" : letter);
}

function quote(value: string): string {
  return /^[\w.:/+=@,-]*$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`;
}

/** Reads a file of variables; null when it is not there. */
export async function readEnvFile(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/**
 * Writes the file so that only its owner reads it, and whole or not at all: it may hold the only copy of a key.
 */
export async function writeEnvFile(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  await Deno.remove(beside).catch(() => {});
  await Deno.writeTextFile(beside, text, { mode: 0o600, createNew: true });
  await Deno.rename(beside, path);
}
