/** The last lines of a child process, and listeners for new ones. */
export interface ChildLog {
  readonly lines: readonly string[];
  /** Called with each new line; returns a function that ends it. */
  listen(listener: (line: string) => void): () => void;
  /** The last few lines as one text, for an error message. */
  tail(count?: number): string;
  /** Reads a stream of the child until it ends. */
  read(stream: ReadableStream<Uint8Array>): Promise<void>;
}

export function childLog(keep = 500): ChildLog {
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();

  function add(line: string): void {
    if (line === "") return;
    lines.push(line);
    if (lines.length > keep) lines.shift();
    for (const listener of listeners) listener(line);
  }

  return {
    lines,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tail: (count = 20) => lines.slice(-count).join("\n"),
    async read(stream) {
      let rest = "";
      // A child that is killed may break its pipe in the middle of a line; what came before is still worth keeping.
      try {
        for await (const text of stream.pipeThrough(new TextDecoderStream())) {
          const parts = (rest + text).split(/\r?\n/);
          rest = parts.pop() ?? "";
          for (const part of parts) add(part);
        }
      } catch {
        // ended
      }
      add(rest);
    },
  };
}
