using System.Security.Cryptography;

namespace AiBackend.Clients;

/// <summary>The operator's key.</summary>
internal sealed class AdminOptions
{
    /// <summary><c>ADMIN_API_KEY</c>.</summary>
    public required string Key { get; init; }
}

/// <summary>
/// The two keys that the service cannot do without. In development they are made on the first start and kept in the data folder, for
/// the owner's eyes only; elsewhere they must be given.
/// </summary>
internal sealed class ServiceKeys(string dataFolder, bool mayMake)
{
    private readonly List<string> missing = [];

    /// <summary>The admin key: the given one, the kept one, or a new one, which is printed.</summary>
    public string Admin(string? given) => given ?? KeptOrMade("ADMIN_API_KEY", "admin-key", isShown: true);

    /// <summary>The text under which secrets are sealed.</summary>
    public string Encryption(string? given) => given ?? KeptOrMade("ENCRYPTION_KEY", "encryption-key", isShown: false);

    /// <exception cref="SettingsException">A key is not given and may not be made.</exception>
    public void RequireAll()
    {
        if (missing.Count > 0)
        {
            throw new SettingsException(
                $"{string.Join(" and ", missing)} must be set. Choose long random texts, such as the output of: openssl rand -hex 32"
                + Environment.NewLine
                + "(Only with ASPNETCORE_ENVIRONMENT=Development are they made by the service itself.)");
        }
    }

    private string KeptOrMade(string setting, string file, bool isShown)
    {
        if (!mayMake)
        {
            missing.Add(setting);
            return string.Empty;
        }

        var path = Path.Combine(dataFolder, file);
        var isNew = !File.Exists(path);
        if (isNew)
        {
            OwnerFile.Write(path, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        }

        var key = File.ReadAllText(path).Trim();
        if (isShown)
        {
            Console.WriteLine(isNew ? $"Admin key (kept in {path}): {key}" : $"The admin key is in {path}");
        }

        return key;
    }
}
