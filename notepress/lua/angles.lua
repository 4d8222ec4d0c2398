-- Words between angle brackets: a tag of HTML, a component of a site, or text as in `vector<int>`.

local angles = {}

-- All elements of HTML, those of long ago as well.
local ELEMENTS = {}
for name in ([[
  a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body
  br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em
  embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i
  iframe image img input ins isindex kbd keygen label legend li link listing main map mark marquee math menu
  menuitem meta meter nav nobr noembed noframes noscript object ol optgroup option output p param picture plaintext
  pre progress q rb rp rt rtc ruby s samp script search section select slot small source spacer span strike strong
  style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video
  wbr xmp
]]):gmatch '%S+' do
  ELEMENTS[name] = true
end
-- What need not be closed.
local OPEN_ENDED = { p = true, li = true, td = true, th = true, tr = true, dt = true, dd = true, br = true, hr = true,
  img = true, input = true, wbr = true, option = true, source = true, area = true, col = true, link = true, meta = true,
  param = true, track = true, embed = true, base = true }

-- Elements that writers mean as words, `git clone <source> <dir>`, where nothing closes them and they say no more.
local WORDS = {}
for name in ([[
  area base canvas code col data dir embed footer frame head header image input label link main map meta object option
  output param picture progress script search section slot source style summary template time title track
]]):gmatch '%S+' do
  WORDS[name] = true
end

-- Whether a name can be that of a component of a site: those have a hyphen or a capital.
function angles.is_component(text)
  return text:find '^</?%u' ~= nil or text:find('-', 1, true) ~= nil
end

-- Whether a tag is no tag but words between angle brackets: `<T>`, `List<String>`, `<think>`. What has attributes, or is
-- a component and closed (at `last`), is none; what is an element of HTML is one unless it is never closed, and glued to
-- a word or a word itself. `before` is the inline before it, false where it is a block.
function angles.is_text(text, name, before, last)
  if not text:match '^<%a[%w_-]*>$' then
    return false
  elseif not ELEMENTS[name] then
    return not last or not angles.is_component(text)
  end
  local glued = before and before.t == 'Str' and before.text:find '[%w_]$' ~= nil and not OPEN_ENDED[name]
  return not last and before ~= false and (glued or WORDS[name]) or false
end

-- Whether HTML has an element of this name.
function angles.is_element(name)
  return ELEMENTS[name] ~= nil
end

return angles
