// Entry on every page: everything here only makes faster what works without it.
import { closeMenusOutside } from "./menus.js";
import { submitOnce } from "./submit-once.js";
import { submitOnChange } from "./autosubmit.js";
import { offerCopying } from "./copy.js";
import { offerBrowserPosition } from "./position.js";
import { foldSheets } from "./sheet.js";
import { focusProblems } from "./problems.js";

closeMenusOutside(document);
submitOnce(document);
submitOnChange(document);
offerCopying(document);
offerBrowserPosition(document);
foldSheets(document);
focusProblems(document);

document.addEventListener("htmx:load", (event) => {
  const part = event.detail.elt;
  if (part !== document.body) {
    submitOnChange(part);
    offerCopying(part);
    offerBrowserPosition(part);
  }
});
