"""Types of the group `text` in one run: what somebody typed is read, tidied and written, again after a change."""

from wizard.testing import Person, make_test_engine

ORDER = """
id: order
nodes:
  - {id: mail, type: form, fields: [{name: subject}, {name: sender}, {name: items}]}
  - {id: number, type: find, text: "{{ mail.subject }}", pattern: "[A-Z]{2}-[0-9]{1,8}", next: {not_found: lost}}
  - {id: who, type: normalise_name, name: "{{ mail.sender }}"}
  - {id: parts, type: split, text: "{{ mail.items }}", separator: ";"}
  - {id: sorted, type: sort_texts, texts: "{{ parts.value }}"}
  - {id: table, type: write_csv, rows: "{{ [[item] for item in sorted.value] }}", columns: [item]}
  - {id: listed, type: join, items: "{{ sorted.value }}", style: and}
  - {id: where, type: build_url, base: "https://shop.example/orders", path: ["{{ number.value }}"]}
  - {id: shown, type: message, title: "{{ who.value }}: {{ listed.value }}", text: "{{ where.value }}"}
  - {id: done, type: end, title: Done}
  - {id: lost, type: end, title: "No order"}
"""


async def test_what_was_typed_is_read_and_written_anew_after_a_change() -> None:
    """Who corrects a slip sees all that was made of it corrected, and who has no number gets another answer."""
    person = await Person.starts(await make_test_engine(ORDER), "order")
    await person.says(subject="Re: AB-12 late", sender="ANN LEE", items="tea; milk;=1+1")
    person.sees(title="Ann Lee: =1+1, milk and tea")
    assert person.prompt.text == "https://shop.example/orders/AB-12"
    assert person.run.run.by_path["table"].output == {"value": "item\r\n'=1+1\r\nmilk\r\ntea\r\n"}
    await person.goes_back()
    person.sees(values={"subject": "Re: AB-12 late"})
    await person.says(subject="CD-7", sender="Ann McLee", items="rice")
    person.sees(title="Ann McLee: rice")
    assert person.prompt.text == "https://shop.example/orders/CD-7"
    await person.changes("mail", subject="nothing", sender="x", items="y")
    person.sees(title="No order")
    assert person.completed
