import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ConfigError, loadConfig } from "./config.ts";
import { allowOnly } from "./policy.ts";
import { App } from "./shell/app.tsx";
import { applyTheme } from "./shell/theme.ts";
import { WrongConfig } from "./shell/wrong_config.tsx";
import { connect } from "./supabase.ts";
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
    connect(config);
    root.render(
      <StrictMode>
        <App config={config} />
      </StrictMode>,
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    root.render(<WrongConfig error={error} />);
  }
}

void start();
