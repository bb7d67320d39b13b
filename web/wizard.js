// Small things that get better with JavaScript. Nothing needs it: every page works without, and says the same.
//
//   .govuk-error-summary                           takes the focus when the page opens; its links lead to the input
//   form                                           a second press within a second is ignored
//   .govuk-character-count[data-maxlength]         counts down while a person types
//   [data-shown-by="FIELD"][data-shown-for='[…]']  shown only while the field has one of the values (JSON list; "": none)
//   button[data-copy="ID"][hidden]                 appears, and copies the text or value of that element
//   button[data-print][hidden]                     appears, and prints the page
//   <html class="wz-framed" data-frame="ORIGIN">   tells the page around the frame how high this one is
//   [data-refresh="SECONDS"][data-events="URL"]    says how far the work is (server-sent events at the URL, else asked for
//                                                  every so many seconds), and opens the page anew after that
//   a page out of the browser's memory             is loaded anew: the run may have moved on
//   back and forward                               pass entries of the history that show the same page once more
(() => {
  "use strict";

  const root = document.documentElement;
  if (root.dataset.wizard) return;
  root.dataset.wizard = "1";

  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  function focusErrors() {
    const summary = document.querySelector(".govuk-error-summary");
    if (!summary) return;
    summary.tabIndex = -1;
    summary.focus();
    summary.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      const input = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!input) return;
      event.preventDefault();
      const fieldset = input.closest("fieldset");
      const heading = (fieldset && fieldset.querySelector("legend")) || document.querySelector(`label[for="${CSS.escape(input.id)}"]`);
      // The question is in sight as well, where both fit on the screen.
      const far = heading && input.getBoundingClientRect().bottom - heading.getBoundingClientRect().top > innerHeight / 2;
      (far ? input : heading || input).scrollIntoView();
      input.focus({ preventScroll: true });
    });
  }

  // The pressed button stays enabled, so that its name and value are sent; only the second press is stopped.
  function guardPresses() {
    const sent = new WeakMap();
    document.addEventListener("submit", (event) => {
      const last = sent.get(event.target);
      if (last !== undefined && event.timeStamp - last < 1000) event.preventDefault();
      else sent.set(event.target, event.timeStamp);
    });
  }

  // Chromium adds an entry to its history for each answer that is refused, though the address stays the same. Who goes back
  // or forward from such a page is taken past the others: they would show it once more.
  function passRepeats() {
    const KEY = "wizard-shown";
    const address = location.pathname + location.search;
    const arrive = () => {
      const left = JSON.parse(sessionStorage.getItem(KEY)) || { number: 0 };
      const known = history.state?.wizard;
      const number = known ?? left.number + 1;
      if (known === undefined) history.replaceState({ ...history.state, wizard: number }, "");
      sessionStorage.setItem(KEY, JSON.stringify({ address, number }));
      const repeats = known !== undefined && left.address === address && left.number !== number;
      if (repeats) setTimeout(() => history.go(Math.sign(number - left.number))); // not while a page is being put back
      return repeats;
    };
    try {
      arrive();
    } catch {
      // The browser lets this page store nothing: then each entry is passed by hand.
    }
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      try {
        if (arrive()) return;
      } catch {
        // As above.
      }
      // Asked for, not reloaded: that would send an answer again.
      location.replace(address);
    });
  }

  function countCharacters(box) {
    const input = box.querySelector(".govuk-js-character-count, textarea, input");
    const said = box.querySelector(".govuk-character-count__message");
    const most = Number(box.dataset.maxlength);
    if (!input || !said || !(most > 0) || !box.dataset.left) return;
    const seen = document.createElement("div");
    seen.className = "govuk-hint govuk-character-count__message govuk-character-count__status";
    seen.setAttribute("aria-hidden", "true");
    const heard = document.createElement("div");
    heard.className = "govuk-character-count__sr-status govuk-visually-hidden";
    heard.setAttribute("aria-live", "polite");
    said.after(seen, heard);
    said.classList.add("govuk-visually-hidden");
    input.removeAttribute("maxlength"); // too much may be typed, and is told; nothing is cut off
    const refused = input.classList.contains("govuk-textarea--error");
    const number = new Intl.NumberFormat(root.lang || undefined);
    const from = (most * Number(box.dataset.threshold || 0)) / 100;
    let pause;
    const plural = new Intl.PluralRules(root.lang || undefined);
    const words = (left) => {
      const forms = JSON.parse(left < 0 ? box.dataset.over : box.dataset.left);
      const count = Math.abs(left);
      return (forms[plural.select(count)] || forms.other).replace("{count}", number.format(count));
    };
    const show = () => {
      // As the server counts: characters, not UTF-16 units, and a line's end is one.
      const used = [...input.value.replace(/\r\n/g, "\n")].length;
      const left = most - used;
      seen.textContent = words(left);
      seen.classList.toggle("govuk-error-message", left < 0);
      seen.classList.toggle("govuk-hint", left >= 0);
      input.classList.toggle("govuk-textarea--error", refused || (left < 0 && input.tagName === "TEXTAREA"));
      seen.classList.toggle("govuk-character-count__message--disabled", used < from);
      clearTimeout(pause);
      pause = setTimeout(() => (heard.textContent = used < from ? "" : seen.textContent), 1000);
    };
    input.addEventListener("input", show);
    addEventListener("pageshow", show);
    show();
    clearTimeout(pause); // nothing is read out before somebody types
  }

  // As the server reads it: the last input of that name counts (before a box there is one that says no), "" is no answer.
  function answerOf(form, name) {
    const sent = [...form.elements].filter(
      (input) => input.name === name && !input.disabled && (!/^(radio|checkbox)$/.test(input.type) || input.checked)
    );
    return sent.at(-1)?.value ?? "";
  }

  // Hidden questions are disabled, so that they aren't sent; what was typed stays, for those who change back.
  function reveal(form) {
    const parts = all("[data-shown-by]", form);
    if (!parts.length) return;
    const turnedOff = new WeakSet();
    const update = () => {
      for (const part of parts) {
        let wanted;
        try {
          wanted = JSON.parse(part.dataset.shownFor).map(String);
        } catch {
          continue;
        }
        const asked = wanted.includes(answerOf(form, part.dataset.shownBy));
        part.hidden = !asked;
        for (const input of all("input, select, textarea, button", part)) {
          if (asked ? turnedOff.delete(input) : !input.disabled) {
            input.disabled = !asked;
            if (!asked) turnedOff.add(input);
          }
        }
      }
    };
    form.addEventListener("input", update);
    form.addEventListener("change", update);
    addEventListener("pageshow", update); // the browser has put back what was typed
    update();
  }

  function offerCopying(button) {
    const from = document.getElementById(button.dataset.copy);
    if (!from || !navigator.clipboard) return; // a browser gives no clipboard to unencrypted pages
    const label = button.textContent;
    let pause;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText((from.value ?? from.textContent).trim());
      } catch {
        return;
      }
      button.textContent = button.dataset.copied || "Copied";
      clearTimeout(pause);
      pause = setTimeout(() => (button.textContent = label), 3000);
    });
  }

  function offerPrinting(button) {
    button.hidden = false;
    button.onclick = () => print();
  }

  // Shows how far the work is, and moves only when there is something new: a reload every few seconds can't be read or
  // listened to. What is heard is shown every few seconds at most, and read out as a whole.
  function waitForWork(box) {
    const first = Math.max(1, Number(box.dataset.refresh) || 2) * 1000;
    let pause = first;
    let stream;
    let timer;
    let failures = 0;
    let shown = 0;
    let waiting;
    let left = false; // a button was pressed: nothing takes the place of the page that it opens
    const open = () => left || location.replace(location.pathname);
    const part = (name, within = box) => within.querySelector(`[data-work="${name}"]`);

    const show = (percent, text) => {
      const bar = box.querySelector("progress");
      if (!bar) return;
      bar.removeAttribute("value");
      if (percent !== null) bar.value = percent;
      const said = { text: text || part("text").textContent, percent: percent === null ? "" : `${Math.floor(percent)} %` };
      for (const name in said) if (part(name).textContent !== said[name]) part(name).textContent = said[name]; // read out once
    };
    const tell = (work) => {
      clearTimeout(waiting);
      const left = shown + 3000 - performance.now();
      waiting = setTimeout(() => ((shown = performance.now()), show(work.percent, work.text)), shown ? Math.max(0, left) : 0);
    };

    const ask = async () => {
      try {
        const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
        const text = answer.redirected ? "" : await answer.text();
        if (!text.includes("data-refresh=")) return open();
        const fresh = new DOMParser().parseFromString(text, "text/html");
        const bar = fresh.querySelector("progress");
        if (bar) tell({ percent: bar.hasAttribute("value") ? bar.value : null, text: part("text", fresh)?.textContent });
      } catch {
        // No connection for the moment: asked again.
      }
      pause = Math.min(pause * 1.25, Math.max(15000, first));
      timer = setTimeout(ask, pause);
    };
    const poll = () => {
      clearTimeout(timer);
      timer = setTimeout(ask, pause);
    };

    const listen = () => {
      stream = new EventSource(box.dataset.events);
      stream.addEventListener("open", () => (failures = 0));
      stream.addEventListener("work", (event) => tell(JSON.parse(event.data)));
      stream.addEventListener("moved", () => {
        stream.close();
        open();
      });
      // Refused, or cut off again and again, as some proxies do: asked for now and then.
      stream.addEventListener("error", () => {
        if (stream.readyState !== EventSource.CLOSED && ++failures < 3) return;
        stream.close();
        stream = undefined;
        poll();
      });
    };

    // Loads the page anew without scripts
    addEventListener("load", () => setTimeout(() => {
      if (left) return;
      stop();
      document.querySelector("[http-equiv=refresh]")?.remove();
      if (!box.dataset.events || !window.EventSource) poll();
      else if (document.hidden) stream = null;
      else listen();
    }));
    document.addEventListener("submit", () => {
      left = true;
      clearTimeout(timer);
      if (stream) stream.close();
    });
    // A browser opens six connections to a server: a page that nobody sees keeps none of them.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && stream) {
        stream.close();
        stream = null;
      } else if (!document.hidden && stream === null && !left) listen();
    });
  }

  function tellHeight() {
    if (window.parent === window || root.dataset.frame === undefined) return;
    const tell = () =>
      window.parent.postMessage({ type: "wizard:height", height: Math.ceil(document.body.getBoundingClientRect().height) }, root.dataset.frame || "*");
    new ResizeObserver(tell).observe(document.body);
  }

  passRepeats();
  focusErrors();
  guardPresses();
  all(".govuk-character-count[data-maxlength]").forEach(countCharacters);
  all("form").forEach(reveal);
  all("button[data-copy]").forEach(offerCopying);
  all("button[data-print]").forEach(offerPrinting);
  all("[data-refresh]").forEach(waitForWork);
  tellHeight();
})();
