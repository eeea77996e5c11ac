import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { Gate } from "../shell/gate.tsx";
import { supabase } from "../supabase.ts";
import { Button } from "../ui/button.tsx";
import { announce } from "../ui/announce.tsx";

/** After the link of a reset mail: the person is signed in and chooses a password. */
export function NewPassword({ onDone }: { onDone: () => void }) {
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Choose a password · Zoho sync";
    password.current?.focus();
  }, []);

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    setBusy(true);
    const { error } = await supabase().auth.updateUser({
      password: password.current?.value ?? "",
    });
    setBusy(false);
    if (error) return setFault(error.message);
    announce("The new password is set.");
    onDone();
  }

  return (
    <Gate title="Choose a new password">
      <form onSubmit={submit} aria-busy={busy}>
        <div className="field">
          <label htmlFor="new-password">New password</label>
          <input
            ref={password}
            className="input"
            id="new-password"
            type="password"
            autoComplete="new-password"
            minLength={8}
            required
          />
        </div>
        <div role="alert">{fault && <p className="note bad">{fault}</p>}</div>
        <Button kind="primary" type="submit" busy={busy}>
          Set the password
        </Button>
      </form>
    </Gate>
  );
}
