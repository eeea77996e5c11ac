import { CommandError } from "./command.ts";

/** Asks the person at the terminal; what they type at a secret is not shown. */
export interface Asker {
  text: (question: string, otherwise?: string) => string;
  secret: (question: string) => string;
}

/** @param isTerminal false in a script or in CI: nothing can be asked, so the error names the missing option */
export function askerOf(isTerminal: boolean): Asker {
  return {
    text(question, otherwise) {
      if (!isTerminal) throw noTerminal(question);
      return prompt(`${question}:`, otherwise)?.trim() || (otherwise ?? "");
    },
    secret(question) {
      if (!isTerminal) throw noTerminal(question);
      Deno.stdout.writeSync(new TextEncoder().encode(`${question}: `));
      return readHidden();
    },
  };
}

function noTerminal(question: string): CommandError {
  return new CommandError(
    `There is no terminal to ask "${question}"; give it as an option or a variable (--help).`,
    2,
  );
}

const keys = { enter: [10, 13], interrupt: 3, end: 4, erase: [8, 127] };

function readHidden(): string {
  const typed: number[] = [];
  const buffer = new Uint8Array(256);
  Deno.stdin.setRaw(true);
  try {
    for (;;) {
      const count = Deno.stdin.readSync(buffer) ?? 0;
      for (const byte of buffer.subarray(0, count)) {
        if (keys.enter.includes(byte) || byte === keys.end) {
          return new TextDecoder().decode(new Uint8Array(typed)).trim();
        }
        if (byte === keys.interrupt) throw new CommandError("Interrupted; nothing was written.", 130);
        if (keys.erase.includes(byte)) typed.pop();
        else typed.push(byte);
      }
      if (count === 0) return new TextDecoder().decode(new Uint8Array(typed)).trim();
    }
  } finally {
    Deno.stdin.setRaw(false);
    console.log();
  }
}
