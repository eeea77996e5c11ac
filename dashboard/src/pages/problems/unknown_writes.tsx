import { useState } from "react";
import type { Pause } from "../../api/answers.ts";
import { GoOnButton } from "../../shell/go_on.tsx";
import { Card } from "../../ui/card.tsx";
import { ErrorPage } from "./error_page.tsx";

/** Nothing is sent until a person says that this database is the one that goes on. */
export function UnknownWrites(
  { paused: { code, message } }: { paused: Pause },
) {
  const [isReading, setReading] = useState(false);
  return (
    <Card
      title="Writes that this database does not remember"
      note="Nothing is sent to Zoho until you decide"
      aside={<GoOnButton message={message} />}
    >
      <p>
        {message}{" "}
        <button
          type="button"
          className="link-button"
          onClick={() => setReading(true)}
        >
          What to do
        </button>
      </p>
      {isReading && <ErrorPage code={code} onClose={() => setReading(false)} />}
    </Card>
  );
}
