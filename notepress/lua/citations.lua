-- Citations: stub.
local citations = {}
function citations.known(key) return false end
return citations
