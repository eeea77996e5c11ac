import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ConfigError, loadConfig } from "./config.ts";
import { allowOnly } from "./policy.ts";
import { DashboardApp } from "./shell/app.tsx";
import { applyTheme } from "./shell/theme.ts";
import { WrongConfig } from "./shell/wrong_config.tsx";
import { readRecovery, type Recovery } from "./session/recovery.ts";
import { connectSupabase, supabase } from "./supabase.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/controls.css";
import "./styles/surfaces.css";
import "./styles/table.css";
import "./styles/overlay.css";
import "./styles/charts.css";

async function start(): Promise<void> {
  applyTheme();
  const place = document.getElementById("root");
  if (!place) throw new Error("index.html has no #root");
  const root = createRoot(place);
  try {
    const config = await loadConfig();
    allowOnly(config.supabaseUrl);
    connectSupabase(config);
    const recovery = await takeRecovery();
    root.render(
      <StrictMode>
        <DashboardApp config={config} recovery={recovery} />
      </StrictMode>,
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    root.render(<WrongConfig error={error} />);
  }
}

/** Takes the tokens of a reset mail out of the address, where they must not stay, and signs in with them. */
async function takeRecovery(): Promise<Recovery | null> {
  const recovery = readRecovery(location.hash);
  if (recovery === null) return null;
  history.replaceState(null, "", `${location.pathname}#/overview`);
  if (recovery.kind === "refused") return recovery;
  const { accessToken: access_token, refreshToken: refresh_token } = recovery;
  const { error } = await supabase().auth.setSession({
    access_token,
    refresh_token,
  });
  return error
    ? {
      kind: "refused",
      message: "The link was not accepted. Ask for a new one.",
    }
    : recovery;
}

void start();
