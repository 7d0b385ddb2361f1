// Keys of the case page: C reveals and calls, L goes to the call log, a digit picks the outcome inside it, Ctrl+Enter saves.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const log = document.getElementById("call-log");
  const outcome = document.getElementById("call-outcome");

  const switcher = document.getElementById("keys-switch");
  if (switcher) {
    const show = () => {
      switcher.textContent = desk.keysAreOn() ? switcher.dataset.on : switcher.dataset.off;
    };
    switcher.addEventListener("click", () => {
      localStorage.setItem("desk-keys", desk.keysAreOn() ? "off" : "on");
      show();
    });
    show();
  }

  const pick = (digit) => {
    const option = outcome.querySelector(`input[data-digit="${digit}"]`);
    if (!option) {
      return false;
    }
    option.checked = true;
    option.focus();
    option.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (log && event.key === "Enter" && (event.ctrlKey || event.metaKey) && log.contains(event.target)) {
      event.preventDefault();
      log.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !desk.keysAreOn() || desk.isTyping(event.target)) {
      return;
    }
    if (outcome && outcome.contains(event.target) && /^[0-9]$/.test(event.key)) {
      if (pick(event.key)) {
        event.preventDefault();
      }
      return;
    }
    if (event.key.toLowerCase() === "l" && outcome) {
      event.preventDefault();
      (outcome.querySelector("input:checked") || outcome.querySelector("input")).focus();
      return;
    }
    if (event.key.toLowerCase() === "c") {
      const reveal = document.querySelector('button[data-key="c"]');
      if (reveal) {
        event.preventDefault();
        reveal.click();
      }
    }
  });
});
