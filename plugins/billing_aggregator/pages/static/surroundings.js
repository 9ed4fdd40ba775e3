// Language and colours: as chosen here, else as in Airflow's UI around this page, else as in the browser.

const LANGUAGE_KEY = "billing-exports.language";
const AIRFLOW_LANGUAGE_KEY = "i18nextLng";
const AIRFLOW_THEME_KEY = "theme";
export const LANGUAGES = ["de", "en"];

export function chosenLanguage() {
  const wanted = [stored(LANGUAGE_KEY), stored(AIRFLOW_LANGUAGE_KEY), ...(navigator.languages ?? [navigator.language])];
  const known = wanted.map((each) => String(each ?? "").slice(0, 2).toLowerCase());
  return known.find((each) => LANGUAGES.includes(each)) ?? "en";
}

export function keepLanguage(language) {
  try {
    localStorage.setItem(LANGUAGE_KEY, language);
  } catch {
    // A browser that keeps nothing: the choice holds until the page is left.
  }
}

// Marks the page as light or dark, now and whenever that changes, and tells of each change.
export function followTheme(changed) {
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const theme = themeAround() ?? (prefersDark.matches ? "dark" : "light");
    if (document.documentElement.dataset.theme !== theme) {
      document.documentElement.dataset.theme = theme;
      changed();
    }
  };
  prefersDark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  if (window.parent !== window) {
    const observer = new MutationObserver(apply);
    observer.observe(window.parent.document.documentElement, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
  }
  apply();
}

function themeAround() {
  if (window.parent !== window) {
    const { classList } = window.parent.document.documentElement;
    const shown = ["dark", "light"].find((theme) => classList.contains(theme));
    if (shown) {
      return shown;
    }
  }
  const kept = stored(AIRFLOW_THEME_KEY);
  return kept === "dark" || kept === "light" ? kept : null;
}

function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
