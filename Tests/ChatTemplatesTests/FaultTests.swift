import ChatTemplates
import JSONDocuments
import Testing

/// What a template must not do, and where it is said to have done it.
@Suite struct FaultTests {
  private static let surroundings = ChatTemplate.Surroundings(
    specialTokens: [:],
    date: .init(year: 2024, month: 7, day: 26)
  )

  private func error(_ source: String) -> ChatTemplateError? {
    #expect(throws: ChatTemplateError.self) {
      try ChatTemplate(source).render(messages: .array([]), surroundings: Self.surroundings)
    }
  }

  @Test func errorsNameTheLine() {
    #expect(error("a\n{{ b }}\n{{ c.d }}\n")?.line == 3)
    #expect(error("{% if true %}\n\n{% set x = 1 / 0 %}\n{% endif %}")?.line == 3)
    #expect(error("{# a\nb #}\n{{ 'a\nb' }}{% nonsense %}")?.line == 4)
    let raised = error("{% macro f() %}\n{{ raise_exception('no') }}\n{% endmacro %}\n{{ f() }}")
    #expect(raised?.line == 2)
    #expect(raised?.fault == .raised("no"))
    #expect(error("x\r\ny\r\n{% for %}")?.line == 3)
    #expect(error("{% if true %}\n{% for x in [] %}\n")?.line == 2)
  }

  @Test(arguments: [
    "{% include 'x' %}", "{% call f() %}{% endcall %}", "{{ x | groupby('a') }}", "{{ 1 is nosuchtest }}",
    "{{ f(*a) }}",
    "{% for x in [] recursive %}{% endfor %}",
  ])
  func whatIsNotUnderstoodIsSaid(source: String) {
    if case .unsupported? = error(source)?.fault { return }
    Issue.record("\(source) is taken for something else")
  }

  @Test func workWithoutEndIsEnded() {
    let nine = String(repeating: "{% for x in range(99999) %}", count: 3) + String(repeating: "{% endfor %}", count: 3)
    #expect(error(nine)?.fault == .limit(.steps))
    let long = "{% set s = 'a' * 999999 %}{% for x in range(99999) %}{% if s.upper() == s %}{% endif %}{% endfor %}"
    #expect(error(long)?.fault == .limit(.steps))
    #expect(error("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")?.fault == .limit(.nesting))
    #expect(error("{{ 'a' * 99999999999 }}")?.fault == .limit(.size))
    #expect(error("{{ 9223372036854775807 + 1 }}")?.fault == .limit(.size))
    let doubled =
      "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}"
    #expect(error(doubled)?.fault == .limit(.size))
    let deep = "{% set n = namespace(x=[]) %}{% for i in range(999) %}{% set n.x = [n.x] %}{% endfor %}"
    #expect(error(deep)?.fault == .limit(.nesting))
    #expect(
      error("{{ " + String(repeating: "(", count: 1000) + "1" + String(repeating: ")", count: 1000) + " }}")?.fault
        == .limit(.nesting)
    )
    #expect(error("{{ " + String(repeating: "1+", count: 10_000) + "1 }}")?.fault == .limit(.nesting))
    #expect(error("{{ " + String(repeating: "not ", count: 10_000) + "1 }}")?.fault == .limit(.nesting))
    #expect(error(String(repeating: "{% if 1 %}", count: 10_000))?.fault == .limit(.nesting))
  }

  @Test func textsKeepTheirCharacters() throws {
    // One visible character of several scalars is as many characters as for Python.
    let messages = try JSON.parse(Array(#"[{"role": "user", "content": "e\u0301\r\n👩‍👩‍👧"}]"#.utf8))
    let template = try ChatTemplate(
      "{{ messages[0].content | length }}|{{ messages[0].content[0] }}|{{ messages[0].content }}"
    )
    let text = try template.render(messages: messages, surroundings: Self.surroundings)
    #expect(Array(text.utf8) == Array("9|e|e\u{301}\r\n👩‍👩‍👧".utf8))
    // Equal is what has the same characters, also where both look alike.
    let equality = try ChatTemplate("{{ 'é' == 'e\u{301}' }}").render(
      messages: .array([]),
      surroundings: Self.surroundings
    )
    #expect(equality == "False")
  }
}
