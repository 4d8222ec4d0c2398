-- Colours of HTML and CSS -> those of xcolor.

local write = require 'write'

local colours = {}

-- The names that notes use; CSS Color Module Level 4, section 6.1, has more.
local NAMES = {
  red = 'FF0000', blue = '0000FF', green = '008000', orange = 'FFA500', purple = '800080', gray = '808080',
  grey = '808080', black = '000000', brown = 'A52A2A', darkred = '8B0000', darkblue = '00008B', darkgreen = '006400',
  crimson = 'DC143C', firebrick = 'B22222', tomato = 'FF6347', orangered = 'FF4500', darkorange = 'FF8C00',
  gold = 'FFD700', goldenrod = 'DAA520', chocolate = 'D2691E', maroon = '800000', magenta = 'FF00FF', fuchsia = 'FF00FF',
  pink = 'FFC0CB', hotpink = 'FF69B4', deeppink = 'FF1493', violet = 'EE82EE', indigo = '4B0082', navy = '000080',
  teal = '008080', cyan = '00FFFF', aqua = '00FFFF', steelblue = '4682B4', royalblue = '4169E1', dodgerblue = '1E90FF',
  deepskyblue = '00BFFF', skyblue = '87CEEB', lime = '00FF00', limegreen = '32CD32', forestgreen = '228B22',
  seagreen = '2E8B57', olive = '808000', silver = 'C0C0C0', slategray = '708090', dimgray = '696969',
}

local function six_digits(value)
  value = value:lower():gsub('%s', '')
  local digits = value:match '^#(%x%x%x%x%x%x)'
  local short = value:match '^#(%x%x%x)$'
  local red, green, blue = value:match '^rgba?%((%d+),(%d+),(%d+)'
  if digits then
    return digits:upper()
  elseif short then
    return short:gsub('%x', '%0%0'):upper()
  elseif red then
    local function part(digits_of) return math.min(tonumber(digits_of), 255) end
    return string.format('%02X%02X%02X', part(red), part(green), part(blue))
  end
  return NAMES[value]
end

-- The colour that a tag's attributes ask for, as six hexadecimal digits; nil for none, or one that is not known.
function colours.of_tag(colour, style)
  local wanted = colour or (style and (';' .. style):match '[;%s]color%s*:%s*([^;]+)')
  return wanted and six_digits(wanted)
end

function colours.coloured(digits, content)
  return pandoc.Inlines { write.raw('\\textcolor[HTML]{' .. digits .. '}{') } .. content .. { write.raw '}' }
end

return colours
