export type LogLevel = "info" | "warn" | "error";
export type Log = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

/** The platform drops lines above 10,000 characters (functions limits page). */
const longestLine = 9_000;

/** Patterns of tokens and keys. A line must never contain one; if it does, it is masked. */
const secretShapes = /1000\.[\w.]{6,}|sb_secret_[\w-]+|eyJ[\w-]+\.[\w-]+\.[\w-]+|v1:[A-Za-z0-9+/=]{20,}/g;

/** One JSON object per line, searchable in the Logs Explorer. Fields are ids, counts and codes, never rows. */
export function createLog(functionName: string, write: (line: string) => void = console.log): Log {
  return (level, message, fields = {}) => {
    const line = JSON.stringify({
      ts: new Date().toISOString(),
      level,
      fn: functionName,
      msg: message,
      execution_id: Deno.env.get("SB_EXECUTION_ID"),
      ...fields,
    });
    write(fit(maskSecrets(line)));
  };
}

/** A line that is too long keeps its beginning, as a text inside an object: what is cut is still JSON. */
function fit(line: string): string {
  if (line.length <= longestLine) return line;
  const { ts, level, fn, msg } = JSON.parse(line);
  const head = { ts, level, fn, msg: String(msg).slice(0, 1_000), cut: true };
  // Every quote and backslash of the text is escaped once more, so half of the room is left for them.
  return JSON.stringify({ ...head, text: line.slice(0, 3_000) });
}

export function maskSecrets(text: string): string {
  return text.replace(secretShapes, (secret) => `${secret.slice(0, 4)}…`);
}
