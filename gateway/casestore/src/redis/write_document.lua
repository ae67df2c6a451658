#!lua
-- Writes or deletes a document. Kept: 16 digits of version, 16 digits of the end (0: none), the content.
-- KEYS heads document   ARGV expected|'' content keep|''
local offset = redis.call('HGET', KEYS[1], 'clock')
local kept = redis.call('GET', KEYS[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0)
local version = 0
if kept then
  local ends = tonumber(string.sub(kept, 17, 32))
  if ends ~= 0 and ends <= now then
    kept = false
  else
    version = tonumber(string.sub(kept, 1, 16))
  end
end
if version ~= tonumber(ARGV[1] ~= '' and ARGV[1] or 0) then
  if kept then
    return { 'stale', version, string.sub(kept, 33) }
  end
  return { 'stale' }
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[2])
  return { 'done', 0, now }
end
local ends = 0
if ARGV[3] ~= '' then
  ends = now + ARGV[3]
end
local value = string.format('%016d%016d', version + 1, ends) .. ARGV[2]
if ARGV[3] ~= '' then
  redis.call('SET', KEYS[2], value, 'PX', ARGV[3])
else
  redis.call('SET', KEYS[2], value)
end
return { 'done', version + 1, now }
