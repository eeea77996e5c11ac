import type { ConfigError } from "../config.ts";
import { Gate } from "./gate.tsx";

export function WrongConfig({ error }: { error: ConfigError }) {
  return (
    <Gate title="This page is not set up yet">
      <div className="stack" role="alert">
        <p className="note bad">{error.message}</p>
        <p className="light">{error.hint}</p>
      </div>
    </Gate>
  );
}
