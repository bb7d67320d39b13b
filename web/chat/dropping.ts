// Files that are dragged onto a chat: taken where one is asked for, and nowhere shown in the place of the page.
import { make } from "./drawing";

export class Dropping {
  readonly element = make("p", { class: "drop", hidden: true }); // what says so

  // `takes` says whether a file is asked for now.
  watch(box: HTMLElement, takes: () => boolean, took: (files: FileList | null) => void): void {
    const drag = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = takes() ? "copy" : "none";
      this.element.hidden = !takes();
    };
    box.addEventListener("dragover", drag);
    box.addEventListener("dragleave", (event) => {
      if (!box.contains(event.relatedTarget as Node | null)) this.element.hidden = true;
    });
    box.addEventListener("drop", (event) => {
      drag(event);
      this.element.hidden = true;
      if (takes() && event.dataTransfer?.files.length) took(event.dataTransfer.files);
    });
  }
}
